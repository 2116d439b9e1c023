#include "cgroup/units.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "cgroup/layouts.hpp"
#include "unit/cgroup/ids.hpp"

namespace cgroup = kcommons::cgroup;
using kcommons::tests::with_ids;

namespace {

cgroup::Placement placed(const std::string& path) {
  static const cgroup::Layouts layouts = cgroup::Layouts::built_in();
  return cgroup::resolve_path(with_ids(path), layouts);
}

}  // namespace

TEST_CASE("a path gives its deepest unit and the slice and user around it", "[cgroup]") {
  struct Row {
    const char* path;
    const char* unit;
    const char* slice;
    std::optional<std::uint32_t> uid = {};
  };
  const auto row = GENERATE(values<Row>({
      {"/system.slice/x.service", "x.service", "system.slice"},
      {"/system.slice/x.service/worker/1", "x.service", "system.slice"},
      {"/a.slice/a-b.slice/t@i.service", "t@i.service", "a-b.slice"},
      {"/system.slice/x.service/deeper.scope", "deeper.scope", "system.slice"},
      {"/init.scope", "init.scope", "-.slice"},
      {"/user.slice/user-0.slice/session-1.scope", "session-1.scope", "user-0.slice", 0U},
      {"/user.slice/user-7.slice/user@7.service", "user@7.service", "user-7.slice", 7U},
      {"/user.slice/user-7.slice/user@7.service/init.scope", "user@7.service/init.scope",
       "user-7.slice", 7U},
      {"/user.slice/user-7.slice/user@7.service/app.slice/x.service", "user@7.service/x.service",
       "app.slice", 7U},
      {"/user.slice/user-7.slice/user@7.service/app.slice/app-a.slice/x.service/sub",
       "user@7.service/x.service", "app-a.slice", 7U},
      {"/user.slice/user-7.slice/user@7.service/app.slice", "user@7.service/app.slice",
       "user-7.slice", 7U},
      {"/user.slice/user-7.slice/user-runtime-dir@7.service", "user-runtime-dir@7.service",
       "user-7.slice", 7U},
      {"/system.slice", "system.slice", "-.slice"},
      {"/user.slice/user-7.slice", "user-7.slice", "user.slice", 7U},
      {"/machine.slice/by-hand", "machine.slice", "-.slice"},
      {"/system.slice/x.service/inner.slice", "x.service", "system.slice"},
      {R"(/system-l8r\x2dexample.slice/x@a\x2db.service)", R"(x@a\x2db.service)",
       R"(system-l8r\x2dexample.slice)"},
      {"/system.slice/mnt-nfs.mount", "mnt-nfs.mount", "system.slice"},
      {"/system.slice/x.socket", "x.socket", "system.slice"},
      {"/system.slice/_memory.service", "memory.service", "system.slice"},
      {"/user.slice/user@x.service/y.service", "y.service", "user.slice"},
      {"/user.slice/user-99999999999.slice", "user-99999999999.slice", "user.slice"},
      {"/any/thing", "/any/thing", ""},
      {"/.service", "/.service", ""},
      {"/", "/", ""},
      {"", "/", ""},
      {"no/slash", "/no/slash", ""},
  }));
  CAPTURE(row.path);
  const auto placement = placed(row.path);
  CHECK_FALSE(placement.container);
  CHECK(placement.unit == row.unit);
  CHECK(placement.slice == row.slice);
  CHECK(placement.session_uid == row.uid);
}

TEST_CASE("a container keeps the host's slice and user and not those inside it", "[cgroup]") {
  struct Row {
    const char* path;
    const char* slice;
    std::optional<std::uint32_t> uid = {};
  };
  const auto row = GENERATE(values<Row>({
      {"/system.slice/docker-<X>.scope", "system.slice"},
      {"/docker/<X>", ""},
      {"/user.slice/user-7.slice/user@7.service/user.slice/libpod-<X>.scope/container",
       "user.slice", 7U},
      {"/user.slice/user-7.slice/session-3.scope/libpod-payload-<X>", "user-7.slice", 7U},
      {"/lxc.payload.box/user.slice/user-9.slice/session-1.scope", ""},
      {"/docker/<Y>/user.slice/user-9.slice/docker-<X>.scope", ""},
      {"/machine.slice/machine-web.scope/payload/system.slice/x.service", "machine.slice"},
  }));
  CAPTURE(row.path);
  const auto placement = placed(row.path);
  CHECK(placement.container);
  CHECK(placement.unit.empty());
  CHECK(placement.slice == row.slice);
  CHECK(placement.session_uid == row.uid);
}
