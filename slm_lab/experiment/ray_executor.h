#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/line_process.h"

namespace slm {

/// Where the sessions of a RayExecutor run, and by what.
struct RayCluster {
  std::filesystem::path python;  ///< in whose environment Ray is (./slm-lab setup ray)
  std::filesystem::path driver;  ///< ray_driver.py
  std::string address;           ///< of the head, HOST:PORT; empty: a Ray of its own on this machine
  int threads = 0;               ///< of all sessions together; 0: as many as the nodes have
};

/// Sessions on the nodes of a Ray cluster, by way of a program on Ray's Python API (ray_driver.py), which is started
/// again when it dies. All nodes have the program under the name that it has here; the files of a session whose node
/// does not see the run folder go there and come back (ray_worker.py).
class RayExecutor final : public Executor {
 public:
  /// Connects. Throws Error(missing) without Ray and Error(remote) where there is no cluster that lets us in.
  explicit RayExecutor(RayCluster cluster);
  ~RayExecutor() override;
  Resources budget() const override { return budget_; }
  std::vector<Resources> machines() const override { return machines_; }
  void start(const Job& job) override;
  /// Throws Error(remote) when no session can run on the cluster any more.
  std::vector<JobEvent> wait(int milliseconds) override;
  void stop(JobId id, Stop how) override;
  void answer(JobId id, const Answer& answer) override;

 private:
  void connect();
  void take_up(const std::string& line, std::vector<JobEvent>& events);
  JobEnded end(JobId id, int signal, const std::string& failure);
  std::string last_words() const;

  RayCluster cluster_;
  std::filesystem::path scratch_;  // Ray's own files, and what the driver prints
  std::unique_ptr<LineProcess> driver_;
  std::vector<Resources> machines_;
  Resources budget_;
  std::map<JobId, bool> running_;  // and whether it was stopped
};

}  // namespace slm
