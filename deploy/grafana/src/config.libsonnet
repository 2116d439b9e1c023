// What differs from one Prometheus to another. Change it here, then run build.sh.
{
  // The label of a target that says which cluster it is in. Targets need not have it.
  cluster_label: 'cluster',
  // The label of a target that says which machine it is. `instance` is there always; where it is a
  // pod's address, relabel it to the name of the node, or name another label here.
  node_label: 'instance',
  // Prometheus' own `up` has to be told apart from that of other exporters.
  job: '.*kcommons.*',
  // Shares of a limit: from the first on somebody should look, from the second on act.
  look: 0.7,
  act: 0.9,
  // Time to full is told from the growth of this long, as `kcommons audit` does, and no further ahead.
  growth: '1h',
  horizon_seconds: 7 * 86400,
}
