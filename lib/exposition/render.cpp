#include "exposition/render.hpp"

#include <string_view>
#include <variant>

#include "base/text.hpp"
#include "exposition/metric_table.hpp"

namespace kcommons::exposition {

namespace {

// Writes the families of one block; `emit` has the samples of a row. `copied`: the labels behind
// those of rows that copy some.
template <typename Emit>
std::string render_block(Block block, const std::vector<std::string>& copied, Emit emit) {
  std::string out;
  TextWriter writer(out);
  for (const Metric& row : kMetrics) {
    if (row.block != block) continue;
    std::vector<std::string_view> labels(row.labels.begin(), row.labels.end());
    if (row.copies_labels) labels.insert(labels.end(), copied.begin(), copied.end());
    SampleSink sink(labels, row.merge);
    emit(row, sink);
    writer.family(row.name, row.type, row.help);
    sink.write_to(writer);
  }
  return out;
}

}  // namespace

std::string render_pools(const std::vector<attribution::CurrentPool>& pools) {
  return render_block(Block::kPools, {}, [&](const Metric& row, SampleSink& sink) {
    if (const auto* emit = std::get_if<EmitPools>(&row.emit)) (*emit)(pools, sink);
  });
}

std::string render_holdings(const attribution::Snapshot& snapshot) {
  std::vector<std::string> copied;
  for (const std::string& label : snapshot.copied_labels) {
    copied.push_back("label_" + text::label_name(label));
  }
  return render_block(Block::kHoldings, copied, [&](const Metric& row, SampleSink& sink) {
    if (const auto* emit = std::get_if<EmitHoldings>(&row.emit)) (*emit)(snapshot, sink);
  });
}

}  // namespace kcommons::exposition
