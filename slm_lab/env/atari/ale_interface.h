#pragma once

#include <stddef.h>  // C's own: this header says all that passes between two programs

/* The Arcade Learning Environment as we use it: what setup/parts/ale/interface.cc implements, and emulator.cc calls.
 * The library is built apart (ALE is GPL-2; ./slm-lab setup ale) and loaded at run time; nothing of C++ passes the
 * border, exceptions included. Where a function may fail it returns NULL or not 0 and writes why into `error`. */
#ifdef __cplusplus
extern "C" {
#endif

enum { kSlmAleVersion = 1, kSlmAleColours = 128, kSlmAleRamBytes = 128, kSlmAleActions = 18 };

typedef struct SlmAleGame SlmAleGame; /* an emulator with a cartridge in it */

typedef struct SlmAleFacts {
  int screen_height, screen_width;
  const unsigned char* screen;             /* of the last frame, row by row, each pixel twice its colour; stays valid */
  const unsigned char* ram;                /* kSlmAleRamBytes of them */
  unsigned char gray[kSlmAleColours];      /* of each colour */
  unsigned char rgb[3 * kSlmAleColours];   /* red, green, blue of each colour */
  unsigned minimal_actions, legal_actions; /* bit i: ALE's action i */
} SlmAleFacts;

typedef struct SlmAle {
  int version;
  /* Loads a ROM that ALE knows by its MD5; sticky actions are the caller's business. The game is ready to reset. */
  SlmAleGame* (*open)(const char* rom_file, int max_frames_per_episode, char* error, size_t error_size);
  void (*close)(SlmAleGame*);
  void (*facts)(SlmAleGame*, SlmAleFacts*);
  /* From the next reset on. */
  int (*set_mode)(SlmAleGame*, int mode, char* error, size_t error_size);
  int (*set_difficulty)(SlmAleGame*, int difficulty, char* error, size_t error_size);
  /* At most `capacity` values of the modes or difficulties are written; returns how many there are. */
  size_t (*modes)(SlmAleGame*, int* values, size_t capacity);
  size_t (*difficulties)(SlmAleGame*, int* values, size_t capacity);
  void (*reset)(SlmAleGame*);
  int (*act)(SlmAleGame*, int action); /* emulates one frame; returns its reward */
  int (*lives)(SlmAleGame*);
  int (*is_over)(SlmAleGame*);      /* the game ended */
  int (*is_truncated)(SlmAleGame*); /* max_frames_per_episode have passed */
  int (*episode_frame)(SlmAleGame*);
  /* Everything that the next frame depends on, but not the screen. Writes up to `capacity` bytes; returns the size. */
  size_t (*save)(SlmAleGame*, char* bytes, size_t capacity);
  int (*load)(SlmAleGame*, const char* bytes, size_t size, char* error, size_t error_size);
} SlmAle;

typedef const SlmAle* SlmAleFunction(void); /* the type of slm_ale, all that the library exports */

#ifdef __cplusplus
}
#endif
