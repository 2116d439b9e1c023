#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "subtraction/limit_names.hpp"
#include "subtraction/subtraction.hpp"

namespace kcommons::subtraction {

namespace {

using catalogue::Isolation;
using catalogue::Resource;
using catalogue::ResourceId;

bool is_shared(Answer answer) {
  return answer == Answer::kGone || answer == Answer::kReadOnly || answer == Answer::kWritable ||
         answer == Answer::kShared;
}

std::string errno_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name == nullptr ? fmt::format("errno {}", error) : name;
}

template <typename Row>
const Row* find_name(const std::vector<Row>& rows, std::string_view name) {
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? nullptr : &*found;
}

// What one experiment says. Nothing, where it was not made or failed.
struct Finding {
  Answer answer;
  std::string words;
};
using Findings = std::optional<Finding>;

// --- sysctls ------------------------------------------------------------------------------------

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Answer answer_of(const LimitSysctl& host, const SeenSysctl* seen, const LimitSysctl* meanwhile,
                 bool is_in_root_net) {
  if (seen == nullptr) return is_in_root_net ? Answer::kPrivate : Answer::kGone;
  if (!seen->changed_to.empty() && meanwhile != nullptr && meanwhile->value != host.value &&
      meanwhile->value == seen->changed_to) {
    return Answer::kWritable;
  }
  if (seen->value != host.value || seen->write_error == 0) return Answer::kPrivate;
  return Answer::kReadOnly;
}

std::vector<SysctlAnswer> sysctl_answers(const HostSide& host, const Testimony& testimony) {
  std::vector<SysctlAnswer> answers;
  for (const LimitSysctl& limit : host.before) {
    const SeenSysctl* seen = find_name(testimony.sysctls, limit.name);
    const LimitSysctl* meanwhile = find_name(host.meanwhile, limit.name);
    answers.push_back(
        {.name = limit.name,
         .host = limit.value,
         .inside = seen == nullptr ? std::string{} : seen->value,
         .answer = answer_of(limit, seen, meanwhile, has(host.in_root_net, limit.name))});
    if (seen == nullptr && answers.back().answer == Answer::kPrivate) {
      answers.back().remark = "hidden from user namespaces";
    }
  }
  return answers;
}

std::string words_of(const SysctlAnswer& limit, const SeenSysctl* seen) {
  if (seen == nullptr) return fmt::format("{} is not there inside", limit.name);
  switch (limit.answer) {
    case Answer::kWritable:
      return fmt::format("{} was changed inside to {}, and the host's with it", limit.name,
                         seen->changed_to);
    case Answer::kPrivate:
      if (seen->value != limit.host) {
        return fmt::format("{} is {} inside, {} on the host", limit.name, seen->value, limit.host);
      }
      if (seen->changed_to.empty()) return fmt::format("{} can be written inside", limit.name);
      return fmt::format("{} was changed inside to {}, the host's stayed {}", limit.name,
                         seen->changed_to, limit.host);
    default:
      return fmt::format("{} is seen inside and cannot be changed there ({})", limit.name,
                         errno_name(seen->write_error));
  }
}

Findings by_sysctl(const Resource& row, const std::vector<SysctlAnswer>& answers,
                   const Testimony& testimony) {
  const SysctlAnswer* limit = find_name(answers, row.sysctl);
  if (limit == nullptr) return std::nullopt;
  return Finding{limit->answer, words_of(*limit, find_name(testimony.sysctls, row.sysctl))};
}

// --- counts -------------------------------------------------------------------------------------

// How far the host's count moved with what was held inside: the middle one of the rounds, as others
// live on this machine too.
std::optional<std::int64_t> moved(const Testimony& testimony, ResourceId counted, ResourceId asked,
                                  std::uint64_t& held) {
  std::vector<std::int64_t> rounds;
  std::optional<std::uint64_t> before;
  for (const Look& look : testimony.looks) {
    const auto& count = look.host[catalogue::index_of(counted)];
    if (look.resource != asked || !count) continue;
    if (look.inside == 0) {
      before = count;
    } else if (before) {
      rounds.push_back(static_cast<std::int64_t>(*count) - static_cast<std::int64_t>(*before));
      held = look.inside;
    }
  }
  if (rounds.empty()) return std::nullopt;
  const auto middle = rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2);
  std::ranges::nth_element(rounds, middle);
  return *middle;
}

Findings by_moved_count(const Resource& row, const Testimony& testimony) {
  const bool is_key_bytes = row.id == ResourceId::kKeyBytes;
  std::uint64_t held = 0;
  const auto by = moved(testimony, row.id, is_key_bytes ? ResourceId::kKeys : row.id, held);
  if (!by) return std::nullopt;
  const std::string_view what = is_key_bytes ? "keys" : row.unit;
  // Three quarters: others may have given some back meanwhile.
  if (*by >= static_cast<std::int64_t>(held - held / 4)) {
    return Finding{Answer::kShared,
                   fmt::format("{} {} taken inside moved the host's count by {}", held, what, *by)};
  }
  return Finding{
      Answer::kPrivate,
      fmt::format("{} {} taken inside moved the host's count by {} only", held, what, *by)};
}

// What is counted inside without taking anything: the host's own count? Between the two readings it
// may change, so one time that they are equal is enough.
Findings by_equal_count(const Resource& row, const Testimony& testimony) {
  Findings found;
  for (const Look& look : testimony.looks) {
    const auto& host = look.host[catalogue::index_of(row.id)];
    if (look.resource != row.id || !host || *host == 0) continue;
    if (look.inside == *host) {
      return Finding{Answer::kShared, fmt::format("inside the host's {} are counted", *host)};
    }
    found = Finding{Answer::kPrivate,
                    fmt::format("inside {} are counted, on the host {}", look.inside, *host)};
  }
  return found;
}

// One was added inside, between two looks: the host has the same count both times, or another one.
Findings by_own_count(const Resource& row, const Testimony& testimony) {
  std::vector<Look> looks;
  std::ranges::copy_if(testimony.looks, std::back_inserter(looks),
                       [&](const Look& look) { return look.resource == row.id; });
  const auto host = [&](const Look& look) { return look.host[catalogue::index_of(row.id)]; };
  if (looks.size() != 2 || !host(looks[0]) || !host(looks[1])) return std::nullopt;
  if (looks[1].inside != looks[0].inside + 1) return std::nullopt;
  const bool is_one_count =
      looks[0].inside == *host(looks[0]) && looks[1].inside == *host(looks[1]);
  return Finding{
      is_one_count ? Answer::kShared : Answer::kPrivate,
      fmt::format("with one more the count inside went from {} to {}, the host's from {} "
                  "to {}",
                  looks[0].inside, looks[1].inside, *host(looks[0]), *host(looks[1]))};
}

Findings by_count(const Resource& row, const Testimony& testimony) {
  switch (row.id) {
    case ResourceId::kOpenFiles:
    case ResourceId::kAioEvents:
    case ResourceId::kThreads:
    case ResourceId::kPtys:
    case ResourceId::kKeys:
    case ResourceId::kKeyBytes:
      return by_moved_count(row, testimony);
    case ResourceId::kMemoryCgroups:
    case ResourceId::kLoopDevices:
      return by_equal_count(row, testimony);
    case ResourceId::kConntrackEntries:
      return by_own_count(row, testimony);
    default:
      return std::nullopt;
  }
}

// --- charges ------------------------------------------------------------------------------------

std::string limit_words(std::uint64_t limit) {
  return limit >= std::numeric_limits<std::int64_t>::max() ? "none" : fmt::format("{}", limit);
}

// Two rounds with two limits of the owner outside. That something failed is no proof yet: it must
// fail later where the owner's limit is higher.
Findings by_nested(const Resource& row, const Testimony& testimony) {
  std::vector<Nested> rounds;
  std::ranges::copy_if(testimony.nested, std::back_inserter(rounds),
                       [&](const Nested& one) { return one.resource == row.id; });
  if (rounds.size() != 2) return std::nullopt;
  const Nested& low = rounds[0];
  const Nested& high = rounds[1];
  if (low.error == 0 && high.error == 0) {
    return Finding{Answer::kPrivate,
                   fmt::format("an owner's limit of {} outside did not stop {} inside",
                               low.outer_limit, low.reached)};
  }
  const bool follows =
      low.error != 0 && low.error == high.error && low.reached > 0 && high.reached > low.reached;
  if (!follows || low.inner_limit <= low.outer_limit) return std::nullopt;
  return Finding{Answer::kPartly,
                 fmt::format("own limit inside {}, yet with {} and {} for the owner outside {} and "
                             "{} could be taken ({})",
                             limit_words(low.inner_limit), low.outer_limit, high.outer_limit,
                             low.reached, high.reached, errno_name(low.error))};
}

Findings by_filled(const Resource& row, const Testimony& testimony) {
  const auto found = std::ranges::find(testimony.filled, row.id, &Filled::resource);
  if (found == testimony.filled.end()) return std::nullopt;
  if (found->before == found->after) {
    return Finding{Answer::kPrivate,
                   fmt::format("filled in one user namespace, another of the same "
                               "UID still got: {}",
                               found->after)};
  }
  return Finding{Answer::kShared,
                 fmt::format("filled in one user namespace, another of the same UID "
                             "got: {}; before: {}",
                             found->after, found->before)};
}

Findings by_charge(const Resource& row, const Testimony& testimony) {
  if (row.id == ResourceId::kPids && testimony.host_pid > 1) {
    return Finding{Answer::kShared,
                   fmt::format("PID 1 inside is PID {} of the host", testimony.host_pid)};
  }
  if (auto found = by_nested(row, testimony)) return found;
  return by_filled(row, testimony);
}

// --- all together -------------------------------------------------------------------------------

// A limit of its own and a charge outside, or the other way round, is in part.
Answer combine(const Findings& limit, const Findings& use) {
  if (!limit) return use->answer;
  if (!use) return limit->answer;
  if (use->answer == Answer::kPartly) return Answer::kPartly;
  if (is_shared(limit->answer) == is_shared(use->answer)) return limit->answer;
  return Answer::kPartly;
}

std::string why_not_asked(const Resource& row, const Testimony& testimony) {
  const auto found = std::ranges::find(testimony.not_asked, row.id, &NotAsked::resource);
  if (found != testimony.not_asked.end()) return found->reason;
  if (row.id == ResourceId::kBridgePorts) {
    return "no file says it, and it would take 1,024 interfaces to reach it";
  }
  if (row.sysctl.empty()) return "nothing could be found out";
  return fmt::format("this host has no {}", row.sysctl);
}

ResourceAnswer answer_for(const Resource& row, const std::vector<SysctlAnswer>& sysctls,
                          const HostSide& host, const Testimony& testimony) {
  const Findings limit = by_sysctl(row, sysctls, testimony);
  Findings use = by_count(row, testimony);
  if (!use) use = by_charge(row, testimony);
  ResourceAnswer answer{.resource = row.id};
  // Whom the kernel charges is not in the file of a limit: with user namespaces the experiment
  // decides.
  const bool needs_use = row.isolation == Isolation::kUserNamespace;
  if ((!limit && !use) || (needs_use && !use)) {
    answer.evidence = why_not_asked(row, testimony);
    return answer;
  }
  answer.answer = needs_use ? use->answer : combine(limit, use);
  if (limit) answer.evidence = limit->words;
  if (limit && use) answer.evidence += "; ";
  if (use) answer.evidence += use->words;
  answer.verdict = compare(row, answer.answer, host.kernel);
  return answer;
}

bool belongs_to_a_row(std::string_view sysctl) {
  return std::ranges::find(catalogue::kResources, sysctl, &Resource::sysctl) !=
         catalogue::kResources.end();
}

// Numbers of a release, "6.1.0-31-amd64": 6 and 1.
std::pair<int, int> version_of(std::string_view release) {
  const auto major = text::parse_number<int>(text::take_until(release, '.'));
  const std::size_t digits = std::min(release.find_first_not_of("0123456789"), release.size());
  const auto minor = text::parse_number<int>(release.substr(0, digits));
  return {major.value_or(0), minor.value_or(0)};
}

}  // namespace

std::string_view name_of(Answer answer) {
  switch (answer) {
    case Answer::kGone:
      return "gone";
    case Answer::kReadOnly:
      return "read-only";
    case Answer::kWritable:
      return "writable";
    case Answer::kShared:
      return "shared";
    case Answer::kPartly:
      return "partly";
    case Answer::kPrivate:
      return "private";
    case Answer::kNotAsked:
      break;
  }
  return "not asked";
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAgrees:
      return "agrees";
    case Verdict::kDiffers:
      return "differs";
    case Verdict::kNotAsked:
      break;
  }
  return "not asked";
}

Verdict compare(const Resource& row, Answer answer, std::string_view kernel) {
  if (answer == Answer::kNotAsked) return Verdict::kNotAsked;
  if (row.isolation == Isolation::kNothing) {
    return is_shared(answer) ? Verdict::kAgrees : Verdict::kDiffers;
  }
  if (answer == Answer::kPartly) return Verdict::kAgrees;
  // Distributions carry features back, so an older number may have them; it need not.
  const bool may_be_older = !row.since.empty() && version_of(kernel) < version_of(row.since);
  return may_be_older && is_shared(answer) ? Verdict::kAgrees : Verdict::kDiffers;
}

Subtraction conclude(const HostSide& host, const Testimony& testimony) {
  Subtraction result{.kernel = host.kernel, .namespaces = testimony.namespaces};
  const std::vector<SysctlAnswer> sysctls = sysctl_answers(host, testimony);
  for (const Resource& row : catalogue::kResources) {
    result.resources.push_back(answer_for(row, sysctls, host, testimony));
  }
  for (SysctlAnswer limit : sysctls) {
    if (!is_shared(limit.answer)) {
      result.isolated.push_back(std::move(limit));
    } else if (!belongs_to_a_row(limit.name)) {
      limit.remark = why_no_row(limit.name);
      (limit.remark.empty() ? result.unknown : result.known).push_back(std::move(limit));
    }
  }
  return result;
}

}  // namespace kcommons::subtraction
