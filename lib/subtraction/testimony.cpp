#include "subtraction/testimony.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace kcommons::subtraction {

namespace {

using catalogue::ResourceId;
using Fields = std::vector<std::string_view>;

std::string_view name_of(ResourceId id) {
  return catalogue::resource(id).name;
}

// Tabs separate fields and newlines lines; values of several numbers have tabs of their own.
std::string one_field(std::string_view text) {
  std::string field(text);
  std::ranges::replace_if(
      field, [](char byte) { return byte == '\t' || byte == '\n'; }, ' ');
  return field;
}

// Reads fields one after the other and remembers whether one of them was wrong.
class FieldReader final {
 public:
  explicit FieldReader(const Fields& fields) : fields_(fields) {}

  ResourceId resource() {
    const auto id = catalogue::find_resource(text());
    return keep(id);
  }
  template <typename T>
  T number() {
    return keep(text::parse_number<T>(text()));
  }
  std::string text() {
    if (next_ >= fields_.size()) {
      is_wrong_ = true;
      return {};
    }
    return std::string(fields_[next_++]);
  }
  [[nodiscard]] bool is_right() const { return !is_wrong_ && next_ == fields_.size(); }

 private:
  template <typename T>
  T keep(const std::optional<T>& value) {
    if (!value) is_wrong_ = true;
    return value.value_or(T{});
  }

  const Fields& fields_;
  std::size_t next_ = 1;  // the word comes first
  bool is_wrong_ = false;
};

bool add_fields(Testimony& testimony, std::string_view word, FieldReader& fields) {
  // The fields of an initialiser in braces are read from left to right.
  if (word == "sysctl") {
    testimony.sysctls.push_back(
        {fields.text(), fields.text(), fields.number<int>(), fields.text()});
  } else if (word == "nested") {
    testimony.nested.push_back({fields.resource(), fields.number<std::uint64_t>(),
                                fields.number<std::uint64_t>(), fields.number<std::uint64_t>(),
                                fields.number<int>()});
  } else if (word == "filled") {
    testimony.filled.push_back({fields.resource(), fields.text(), fields.text()});
  } else if (word == "look") {
    testimony.looks.push_back({fields.resource(), fields.number<std::uint64_t>(), {}});
  } else if (word == "not_asked") {
    testimony.not_asked.push_back({fields.resource(), fields.text()});
  } else if (word == "namespaces") {
    testimony.namespaces = fields.text();
    testimony.host_pid = fields.number<std::uint64_t>();
  } else if (word == "failure") {
    testimony.failure = fields.text();
  } else if (word == kDoneLine) {
    testimony.is_complete = true;
  } else if (word != kChangedLine) {
    return false;
  }
  return true;
}

}  // namespace

std::string line_of(const SeenSysctl& seen) {
  return fmt::format("sysctl\t{}\t{}\t{}\t{}", one_field(seen.name), one_field(seen.value),
                     seen.write_error, one_field(seen.changed_to));
}

std::string line_of(const Nested& nested) {
  return fmt::format("nested\t{}\t{}\t{}\t{}\t{}", name_of(nested.resource), nested.outer_limit,
                     nested.inner_limit, nested.reached, nested.error);
}

std::string line_of(const Filled& filled) {
  return fmt::format("filled\t{}\t{}\t{}", name_of(filled.resource), one_field(filled.before),
                     one_field(filled.after));
}

std::string line_of(const Look& look) {
  return fmt::format("look\t{}\t{}", name_of(look.resource), look.inside);
}

std::string line_of(const NotAsked& not_asked) {
  return fmt::format("not_asked\t{}\t{}", name_of(not_asked.resource), one_field(not_asked.reason));
}

std::string namespaces_line(std::string_view namespaces, std::uint64_t host_pid) {
  return fmt::format("namespaces\t{}\t{}", one_field(namespaces), host_pid);
}

std::string failure_line(std::string_view reason) {
  return fmt::format("failure\t{}", one_field(reason));
}

Result<void> add_line(Testimony& testimony, std::string_view line) {
  const Fields fields = text::split(line, '\t');
  FieldReader reader(fields);
  const std::string_view word = fields.empty() ? std::string_view{} : fields.front();
  if (!add_fields(testimony, word, reader) || !reader.is_right()) {
    return fail(Error::malformed("read what was said in the fresh namespaces", line));
  }
  return {};
}

}  // namespace kcommons::subtraction
