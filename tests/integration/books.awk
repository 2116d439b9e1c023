# The books of one scrape: for open_files, what containers and host groups hold and what nobody is
# known to hold must add up to what the kernel counts, exactly. Prints the sum; exit status 1 where
# it is another, or where there is nothing to add.
#
#   awk -f books.awk SCRAPE

function is_open_files() { return index($0, "{resource=\"open_files\",") > 0 }

# Label values may hold blanks; the value of the sample is what stands behind the last one.
function sample_value() { return $NF }

/^kcommons_container_used\{/ && is_open_files() { containers += sample_value() }
/^kcommons_host_used\{/ && is_open_files() { hosts += sample_value() }
/^kcommons_unattributed\{/ && is_open_files() { unattributed += sample_value(); seen++ }
/^kcommons_pool_used_at_census\{/ && is_open_files() { used = sample_value(); seen++ }

END {
  sum = containers + hosts + unattributed
  printf "containers %d + host groups %d + unattributed %d = %d, the kernel counts %d\n",
    containers, hosts, unattributed, sum, used
  exit !(seen == 2 && hosts > 0 && sum == used)
}
