# The table of bench.sh. First file: KEY CPU WALL PEAK-KIB of every round, "-" for none. Second
# file: KEY, name, what one pass is, in the order of the rows. Tabs between. A KEY_process has what
# /proc/PID/stat says of KEY.

# Of the numbers "1 2 3".
function median(list,    value, count, i, j, swap) {
  count = split(list, value, " ")
  for (i = 2; i <= count; i++)
    for (j = i; j > 1 && value[j - 1] + 0 > value[j] + 0; j--) {
      swap = value[j]; value[j] = value[j - 1]; value[j - 1] = swap
    }
  return (value[int((count + 1) / 2)] + value[int(count / 2) + 1]) / 2
}

# Three digits that mean something.
function digits(value) {
  return sprintf(value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value)
}

function duration(list,    seconds) {
  if (list == "") return "–"
  seconds = median(list)
  if (seconds >= 1) return digits(seconds) " s"
  if (seconds >= 0.001) return digits(seconds * 1000) " ms"
  return digits(seconds * 1e6) " µs"
}

function memory(list) {
  return list == "" ? "–" : sprintf("%.1f MiB", median(list) / 1024)
}

function ratio(list, yardstick,    of) {
  of = median(list) / yardstick
  if (of <= 0) return "–"
  if (of >= 0.5) return digits(of)
  if (of > 0.1) return "1/" sprintf("%.1f", 1 / of)
  # Two digits mean something when it is this far off.
  return "1/" (of > 0.001 ? sprintf("%.0f", 1 / of) : sprintf("%.0f", sprintf("%.1e", 1 / of)))
}

function note(column, key, value) {
  if (value != "-") column[key] = column[key] " " value
}

NR == FNR {
  note(cpu, $1, $2)
  note(wall, $1, $3)
  note(peak, $1, $4)
  next
}

FNR == 1 {
  yardstick = median(cpu["walk"])
  print "| tool | one pass | CPU | wall | peak memory | CPU / walk |"
  print "| --- | --- | ---: | ---: | ---: | ---: |"
}

$1 in cpu {
  printf "| %s | %s | %s | %s | %s | %s |\n", $2, $3, duration(cpu[$1]), duration(wall[$1]),
    memory(peak[$1]), ratio(cpu[$1], yardstick)
  if (($1 "_process") in cpu)
    checks = checks sprintf("%s: %s by its own count, %s for the whole process by `/proc/PID/stat`\n",
      $2, duration(cpu[$1]), duration(cpu[$1 "_process"]))
}

END {
  if (checks != "") {
    print "\nProcessor time of a census, two ways:\n"
    count = split(checks, line, "\n")
    for (i = 1; i < count; i++) print "- " line[i]
  }
}
