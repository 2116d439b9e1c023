# Draws the points of growth.sh as SVG, log-log, one panel for descriptors and one for containers
# over the same axis of time. Input: PANEL SERIES X SECONDS, tabs between. `machine` stands below.

function log10(value) { return log(value) / log(10) }
function ceiling(value,    whole) { whole = int(value); return whole < value ? whole + 1 : whole }
function floored(value,    whole) { whole = int(value); return whole > value ? whole - 1 : whole }

# Where a value stands in a panel.
function at_x(panel, value) {
  return left[panel] + (log10(value) - low[panel]) / (high[panel] - low[panel]) * width
}
function at_y(seconds) {
  return top + height - (log10(seconds) - low_y) / (high_y - low_y) * height
}

# 10^n in the words of people.
function count_text(exponent) {
  if (exponent >= 6) return 10 ^ (exponent - 6) " M"
  if (exponent >= 3) return 10 ^ (exponent - 3) " k"
  return 10 ^ exponent ""
}
function time_text(exponent) {
  if (exponent >= 0) return 10 ^ exponent " s"
  if (exponent >= -3) return 10 ^ (exponent + 3) " ms"
  return 10 ^ (exponent + 6) " µs"
}

function escaped(text) {
  gsub(/&/, "\\&amp;", text)
  gsub(/</, "\\&lt;", text)
  return text
}

function text(x, y, class, anchor, words) {
  printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">%s</text>\n",
    x, y, class, anchor, escaped(words)
}
function line(x1, y1, x2, y2, class) {
  printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
    x1, y1, x2, y2, class
}

# Decades get a line and a number, what is between them a fainter line.
function grid(panel,    exponent, digit, position) {
  for (exponent = low_y; exponent <= high_y; exponent++) {
    position = at_y(10 ^ exponent)
    line(left[panel], position, left[panel] + width, position, "decade")
    if (panel == "descriptors") text(left[panel] - 8, position + 4, "tick", "end", time_text(exponent))
    for (digit = 2; digit < 10 && exponent < high_y; digit++)
      line(left[panel], at_y(digit * 10 ^ exponent), left[panel] + width,
        at_y(digit * 10 ^ exponent), "between")
  }
  for (exponent = low[panel]; exponent <= high[panel]; exponent++) {
    position = at_x(panel, 10 ^ exponent)
    line(position, top, position, top + height, "decade")
    text(position, top + height + 18, "tick", "middle", count_text(exponent))
  }
  printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"frame\"/>\n",
    left[panel], top, width, height
}

# What would be exactly linear, through the last point of the series that grows to the end, cut off
# where it leaves the panel.
function reference(series,    last, slope, from, to) {
  last = points["descriptors", series]
  if (!last) return
  slope = y["descriptors", series, last] / x["descriptors", series, last]
  from = 10 ^ low["descriptors"]
  if (slope * from < 10 ^ low_y) from = 10 ^ low_y / slope
  to = 10 ^ high["descriptors"]
  if (slope * to > 10 ^ high_y) to = 10 ^ high_y / slope
  line(at_x("descriptors", from), at_y(slope * from), at_x("descriptors", to), at_y(slope * to),
    "linear")
}

function curve(panel, series,    i, path) {
  for (i = 1; i <= points[panel, series]; i++)
    path = path sprintf("%s%.1f,%.1f", i > 1 ? " " : "", at_x(panel, x[panel, series, i]),
      at_y(y[panel, series, i]))
  if (path == "") return
  printf "<polyline points=\"%s\" class=\"%s\"/>\n", path, series
  for (i = 1; i <= points[panel, series]; i++)
    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" class=\"%s dot\"/>\n",
      at_x(panel, x[panel, series, i]), at_y(y[panel, series, i]), series
}

function legend(    i, position) {
  position = left["descriptors"]
  for (i = 1; i <= series_count; i++) {
    if (!(names[i] in used)) continue
    line(position, 56, position + 24, 56, names[i])
    printf "<circle cx=\"%.1f\" cy=\"56\" r=\"3.5\" class=\"%s dot\"/>\n", position + 12, names[i]
    text(position + 31, 60, "label", "start", title[names[i]])
    position += 31 + 7 * length(title[names[i]]) + 26
  }
  line(position, 56, position + 24, 56, "linear")
  text(position + 31, 60, "label", "start", "linear in descriptors")
}

BEGIN {
  width = 380; height = 320; top = 84
  left["descriptors"] = 78; left["containers"] = 512
  series_count = split("walk procfs bpf", names, " ")
  for (i = 1; i <= series_count; i++) is_drawn[names[i]] = 1
  title["walk"] = "readdir + readlink walk"
  title["procfs"] = "kcommons, procfs"
  title["bpf"] = "kcommons, bpf"
}

$4 > 0 && is_drawn[$2] {
  i = ++points[$1, $2]
  x[$1, $2, i] = $3
  y[$1, $2, i] = $4
  used[$2] = 1
  if (!($1 in low) || floored(log10($3) + 1e-9) < low[$1]) low[$1] = floored(log10($3) + 1e-9)
  if (!($1 in high) || ceiling(log10($3) - 1e-9) > high[$1]) high[$1] = ceiling(log10($3) - 1e-9)
  if (low_y == "" || floored(log10($4)) < low_y) low_y = floored(log10($4))
  if (high_y == "" || ceiling(log10($4)) > high_y) high_y = ceiling(log10($4))
}

END {
  for (panel in low) if (high[panel] <= low[panel]) high[panel] = low[panel] + 1
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 912 486\" role=\"img\""
  print " aria-label=\"Processor time of one census over descriptors and over containers\">"
  print "<style>"
  print "text { font-family: system-ui, 'DejaVu Sans', sans-serif; fill: #24292f }"
  print ".title { font-size: 16px; font-weight: 600 } .label { font-size: 13px }"
  print ".tick { font-size: 12px; fill: #57606a } .foot { font-size: 11px; fill: #57606a }"
  print "line, polyline, .frame { fill: none }"
  print ".frame { stroke: #8c959f } .decade { stroke: #d0d7de } .between { stroke: #f0f2f5 }"
  print ".walk { stroke: #8250df } .procfs { stroke: #bc4c00 } .bpf { stroke: #0969da }"
  print ".walk, .procfs, .bpf { stroke-width: 2.2; stroke-linejoin: round }"
  print ".linear { stroke: #57606a; stroke-width: 1.3; stroke-dasharray: 6 4 }"
  print ".dot { fill: #fff }"
  print "</style>"
  print "<rect width=\"912\" height=\"486\" fill=\"#fff\"/>"
  text(left["descriptors"], 30, "title", "start", "Processor time of one census")
  legend()
  for (panel in low) {
    grid(panel)
    text(left[panel] + width / 2, top + height + 40, "label", "middle", panel)
  }
  reference(("descriptors", "bpf") in points ? "bpf" : "procfs")
  for (panel in low)
    for (i = 1; i <= series_count; i++) curve(panel, names[i])
  text(left["descriptors"], 472, "foot", "start", machine)
  print "</svg>"
}
