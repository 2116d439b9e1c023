#include "census/bpf_mappings.hpp"

#include <algorithm>
#include <variant>

namespace kcommons::census {

bool BpfMappings::is_due(const BpfBooks& books, SteadyTime now) const {
  if (!walked_at_ || now - *walked_at_ >= options_.interval) return true;
  const std::vector<MappedFiles> present = books.names();
  const auto is_new = [this](const MappedFiles& process) {
    const auto at = index_of_.find(process.pid);
    if (at == index_of_.end()) return true;
    const MappedFiles& known = files_[at->second];
    return known.start_time != process.start_time || known.program != process.program;
  };
  const auto fresh = static_cast<double>(std::ranges::count_if(present, is_new));
  return fresh > 0 && fresh >= options_.new_processes * static_cast<double>(present.size());
}

void BpfMappings::begin(const BpfBooks& books) {
  files_ = books.names();
  index_of_.clear();
  for (std::size_t i = 0; i < files_.size(); ++i) index_of_.emplace(files_[i].pid, i);
}

// A process that came after the census is left for the next walk.
void BpfMappings::take(const bpf::Record& record) {
  const auto* const file = std::get_if<const kc_file*>(&record);
  if (file == nullptr) return;
  const auto at = index_of_.find(Pid((*file)->pid));
  if (at != index_of_.end()) files_[at->second].files.push_back((*file)->id);
}

void BpfMappings::end(SteadyTime now) {
  for (MappedFiles& process : files_) {
    std::ranges::sort(process.files);
    process.files.erase(std::unique(process.files.begin(), process.files.end()),
                        process.files.end());
    process.files.shrink_to_fit();
  }
  walked_at_ = now;
}

std::optional<std::chrono::milliseconds> BpfMappings::age(SteadyTime now) const {
  if (!walked_at_) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - *walked_at_);
}

}  // namespace kcommons::census
