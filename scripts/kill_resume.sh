#!/bin/sh
# scripts/kill_resume.sh BUILD_FOLDER [KILLS]: kills training runs of the specs of tests/resume_test.cc at
# KILLS (20) random moments each, continues them, and compares every result with the uninterrupted run's, byte by byte.
set -eu
SLM_LAB_KILLS=${2:-20}
export SLM_LAB_KILLS
exec "$(find "$1" -type f -name resume_test | head -n 1)" --gtest_filter='*Kill*'
