#include "daemon/process_names.hpp"

#include <catch2/catch.hpp>

#include "fake_proc.hpp"

using namespace kcommons;

TEST_CASE("a process is named as it names itself and only while it lives", "[daemon]") {
  test::FakeProc proc;
  proc.process(42).comm("a) b\x1b[").start_time(7);
  const auto root = procfs::ProcRoot::open(proc.path());
  REQUIRE(root);
  CHECK(daemon::command_of(*root, Pid(42), 7) == "a) b\x1b[");
  // Another process has its PID by now.
  CHECK_FALSE(daemon::command_of(*root, Pid(42), 6));
  CHECK_FALSE(daemon::command_of(*root, Pid(43), 7));
}

TEST_CASE("processes that are shown are named and no others", "[daemon]") {
  test::FakeProc proc;
  proc.process(42).comm("shown").start_time(7);
  proc.process(43).comm("cut").start_time(8);
  report::Top top;
  top.who = {{.pid = Pid(42), .start_time = 7, .shown = true},
             {.pid = Pid(43), .start_time = 8},
             {.name = "sshd.service", .shown = true}};
  REQUIRE(daemon::name_processes(proc.path(), top));
  CHECK(top.who[0].command == "shown");
  CHECK_FALSE(top.who[1].command);
  CHECK_FALSE(top.who[2].command);
  CHECK_FALSE(daemon::name_processes("/nonexistent", top));
}
