// The loader of a build without libbpf: there is nothing to load, and it says so.
#include <memory>

#include "bpf/programs.hpp"

namespace kcommons::bpf {

struct Programs::Loaded {};

bool is_built_in() {
  return false;
}

Result<std::unique_ptr<Programs>> Programs::load() {
  return fail(Error::other("this kcommons was built without libbpf"));
}

Programs::Programs(std::unique_ptr<Loaded> loaded) : loaded_(std::move(loaded)) {}
Programs::~Programs() = default;

void Programs::keep_ready(Walk /*walk*/, std::size_t /*wanted*/) {}

std::size_t Programs::ready(Walk /*walk*/) const {
  return 0;
}

bool Programs::can(Walk /*walk*/) const {
  return false;
}

Result<void> Programs::run(Walk /*walk*/, const Sink& /*sink*/, const std::stop_token& /*stop*/) {
  return fail(Error::other("this kcommons was built without libbpf"));
}

}  // namespace kcommons::bpf
