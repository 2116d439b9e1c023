#include "exposition/render.hpp"

#include <variant>

#include "exposition/metric_table.hpp"

namespace kcommons::exposition {

namespace {

// Writes the families of one block; `emit` has the samples of a row.
template <typename Emit>
std::string render_block(Block block, Emit emit) {
  std::string out;
  TextWriter writer(out);
  for (const Metric& row : kMetrics) {
    if (row.block != block) continue;
    SampleSink sink(row.labels, row.merge);
    emit(row, sink);
    writer.family(row.name, row.type, row.help);
    sink.write_to(writer);
  }
  return out;
}

}  // namespace

std::string render_pools(const std::vector<attribution::CurrentPool>& pools) {
  return render_block(Block::kPools, [&](const Metric& row, SampleSink& sink) {
    if (const auto* emit = std::get_if<EmitPools>(&row.emit)) (*emit)(pools, sink);
  });
}

std::string render_holdings(const attribution::Snapshot& snapshot) {
  return render_block(Block::kHoldings, [&](const Metric& row, SampleSink& sink) {
    if (const auto* emit = std::get_if<EmitHoldings>(&row.emit)) (*emit)(snapshot, sink);
  });
}

}  // namespace kcommons::exposition
