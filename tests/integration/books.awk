# The books of one scrape: of each pool, what containers and host groups hold and what nobody is known
# to hold must add up to what the kernel counts, exactly. Prints each sum; exit status 1 where one is
# another, or where there is nothing to add.
#
#   awk -f books.awk SCRAPE

# resource="…",userns="…",uid="…": values of the kernel's, without quotes in them.
function pool(    from) {
  from = index($0, "{resource=")
  if (!from || !match(substr($0, from), /uid="[^"]*"/)) return ""
  return substr($0, from + 1, RSTART + RLENGTH - 2)
}

# Label values may hold blanks; the value of the sample is what stands behind the last one.
function sample_value() { return $NF }

/^kcommons_container_used\{/ { sum[pool()] += sample_value() }
/^kcommons_host_used\{/ { sum[pool()] += sample_value(); hosts += sample_value() }
/^kcommons_unattributed\{/ { sum[pool()] += sample_value() }
/^kcommons_pool_used_at_census\{/ { used[pool()] = sample_value() }

# Of some resources nobody can tell the holders, and then nothing may be said of any.
/^kcommons_resource_info\{/ && /,accuracy="none"/ {
  match($0, /resource="[^"]*"/)
  untold[substr($0, RSTART, RLENGTH)] = 1
}

END {
  for (name in used) {
    resource = substr(name, 1, index(name, ",") - 1)
    if (resource in untold) {
      if (name in sum) wrong++
      continue
    }
    printf "%s: held and unattributed %d, the kernel counts %d\n", name, sum[name], used[name]
    if (sum[name] != used[name]) wrong++
    if (index(name, "resource=\"open_files\"") == 1) seen++
  }
  exit !(seen == 1 && hosts > 0 && !wrong)
}
