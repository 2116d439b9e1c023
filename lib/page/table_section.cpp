#include "page/table_section.hpp"

#include <algorithm>

#include "page/html.hpp"
#include "page/links.hpp"
#include "page/meter.hpp"
#include "page/use_rows.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

constexpr std::string_view kAnchor = "#holders";

std::string_view heading_of(Column column, By by) {
  switch (column) {
    case Column::kName:
      return by == By::kUser ? "User" : by == By::kUnit ? "Unit" : "Container";
    case Column::kShare:
      return "Most of a limit";
    case Column::kOpenFiles:
      return "Open files";
    case Column::kInotifyInstances:
      return "Inotify instances";
    case Column::kInotifyWatches:
      return "Inotify watches";
    case Column::kDescriptors:
      return "Descriptors";
    case Column::kProcesses:
      return "Processes";
    case Column::kThreads:
      break;
  }
  return "Threads";
}

std::string_view words_of(By by) {
  switch (by) {
    case By::kContainer:
      return "Containers";
    case By::kUnit:
      return "Units of the host";
    case By::kUser:
      break;
  }
  return "Users";
}

std::string_view nobody(By by) {
  switch (by) {
    case By::kContainer:
      return "No container runs here.";
    case By::kUnit:
      return "No unit of the host is seen.";
    case By::kUser:
      break;
  }
  return "No user holds anything.";
}

// The others are sorted and searched anew: their columns and names are others.
std::string tabs_html(const View& view) {
  std::string out = R"(<nav class="tabs" aria-label="Whose use">)";
  for (const By by : {By::kContainer, By::kUnit, By::kUser}) {
    View other{.by = by, .pools = view.pools};
    add(out, "<a href=\"{}{}\"{}>{}</a>", link_to(other), kAnchor,
        by == view.by ? " aria-current=\"true\"" : "", words_of(by));
  }
  return out + "</nav>";
}

void add_hidden(std::string& out, std::string_view name, std::string_view value) {
  add(out, R"(<input type="hidden" name="{}" value="{}">)", name, value);
}

std::string form_html(const View& view) {
  std::string out = R"(<form class="filter" role="search" method="get" action="/#holders">)";
  if (view.by != By::kContainer) add_hidden(out, "by", name_of(view.by));
  if (view.sort != Column::kShare) add_hidden(out, "sort", name_of(view.sort));
  if (view.ascending != ascends_by_default(view.sort)) {
    add_hidden(out, "order", view.ascending ? "asc" : "desc");
  }
  if (view.pools != 1) add_hidden(out, "pools", std::to_string(view.pools));
  add(out,
      "<label for=\"filter\">Filter by name{}</label>"
      "<input id=\"filter\" type=\"search\" name=\"filter\" value=\"{}\" autocomplete=\"off\" "
      "spellcheck=\"false\"><button type=\"submit\">Filter</button>",
      view.by == By::kContainer ? ", id, image" : "", safe(view.filter));
  if (!view.filter.empty()) {
    View all = view;
    all.filter.clear();
    all.page = 1;
    add(out, "<a href=\"{}{}\">Show all</a>", link_to(all), kAnchor);
  }
  return out + "</form>";
}

// Asked for again, a column is sorted the other way round.
std::string column_html(const View& view, Column column) {
  View next = view;
  next.page = 1;
  next.sort = column;
  const bool is_sorted = view.sort == column;
  next.ascending = is_sorted ? !view.ascending : ascends_by_default(column);
  const std::string_view sorted =
      view.ascending ? " aria-sort=\"ascending\"" : " aria-sort=\"descending\"";
  return fmt::format(R"(<th scope="col"{}{}><a href="{}{}">{}</a></th>)",
                     column == Column::kName ? "" : " class=\"n\"", is_sorted ? sorted : "",
                     link_to(next), kAnchor, heading_of(column, view.by));
}

std::string name_cell(const UseRow& row) {
  std::string out = R"(<th scope="row" class="name">)";
  if (row.link.empty()) {
    out += name_html(row.name);
  } else {
    add(out, "<a href=\"{}\">{}</a>", row.link, name_html(row.name));
  }
  if (!row.detail.empty()) add(out, "<small>{}</small>", name_html(row.detail));
  return out + "</th>";
}

std::string share_cell(const attribution::Snapshot& snapshot, const UseRow& row) {
  if (!row.share || !row.share_pool) return "<td class=\"n none\">–</td>";
  const attribution::Pool& pool = snapshot.pools[*row.share_pool];
  const attribution::PoolKey key = key_of(pool);
  return fmt::format(
      R"(<td class="n share {}"><b>{}</b> <small>of <a href="{}">{}{}{}</a></small></td>)",
      state_class(row.share), report::percent_text(row.share), pool_link(key),
      catalogue::resource(pool.resource).unit, key.uid.empty() ? "" : ", ",
      key.uid.empty() ? "" : scope_html(key));
}

std::string row_html(const attribution::Snapshot& snapshot, const UseRow& row, By by) {
  std::string out = "<tr>";
  for (const Column column : columns_of(by)) {
    if (column == Column::kName) {
      out += name_cell(row);
    } else if (column == Column::kShare) {
      out += share_cell(snapshot, row);
    } else {
      const std::uint64_t value = number_in(row, column);
      add(out, "<td class=\"n{}\">{}</td>", value == 0 ? " none" : "", number(value));
    }
  }
  return out + "</tr>\n";
}

std::string pager_html(const View& view, const Slice& slice, const UseRows& found) {
  std::string out = "<p class=\"pager\">";
  if (slice.last == 0) {
    out += view.filter.empty() ? nobody(view.by) : "No name has this in it.";
  } else {
    add(out, "<span>{}–{} of {}</span>", number(std::uint64_t{slice.first + 1}),
        number(std::uint64_t{slice.last}), number(std::uint64_t{found.rows.size()}));
  }
  if (found.all > found.rows.size()) {
    add(out, " <span>{} left out by the filter</span>",
        number(std::uint64_t{found.all - found.rows.size()}));
  }
  const auto link = [&](std::size_t page, std::string_view text) {
    View other = view;
    other.page = page;
    add(out, " <a href=\"{}{}\">{}</a>", link_to(other), kAnchor, text);
  };
  if (slice.page > 1) link(slice.page - 1, "Previous page");
  if (slice.page < slice.pages) link(slice.page + 1, "Next page");
  return out + "</p>";
}

}  // namespace

Slice slice_of(std::size_t rows, std::size_t on_page, std::size_t page) {
  Slice slice;
  slice.pages = std::max<std::size_t>(1, (rows + on_page - 1) / on_page);
  slice.page = std::min(std::max<std::size_t>(page, 1), slice.pages);
  slice.first = (slice.page - 1) * on_page;
  slice.last = std::min(rows, slice.first + on_page);
  return slice;
}

std::string table_section(const attribution::Snapshot& snapshot, const View& view) {
  const UseRows found = use_rows(snapshot, view);
  const Slice slice = slice_of(found.rows.size(), kRowsOnPage, view.page);
  std::string out =
      "<section id=\"holders\" aria-labelledby=\"holders-title\">"
      "<h2 id=\"holders-title\">Who holds what</h2>";
  out += "<div class=\"bar-row\">" + tabs_html(view) + form_html(view) + "</div>";
  if (slice.last > 0) {
    add(out, R"(<div class="scroll" role="region" tabindex="0" aria-label="{}"><table><thead><tr>)",
        words_of(view.by));
    for (const Column column : columns_of(view.by)) out += column_html(view, column);
    out += "</tr></thead><tbody>\n";
    for (std::size_t i = slice.first; i < slice.last; ++i) {
      out += row_html(snapshot, found.rows[i], view.by);
    }
    out += "</tbody></table></div>";
  }
  return out + pager_html(view, slice, found) + "</section>\n";
}

}  // namespace kcommons::page
