// PromQL that several panels share. What it has to be careful about, once:
//
// - A target's own labels (job; on Kubernetes also pod, namespace and container of the exporter) stand
//   on every series that has none of its own. So everything is aggregated by the labels that count.
// - A limit may be +Inf, and a limit of 0 is a thing switched off: neither has a share.
// - A pool of a child user namespace is charged to the initial one too. Nothing here adds up pools, so
//   nothing counts twice: userns is part of a pool's name.
// - Labels of containers may be empty, and an absent label is an empty one: variables that stand for all
//   are `.*`, which takes the empty text.
local config = import 'config.libsonnet';

{
  local q = self,

  node_labels: '%s, %s' % [config.cluster_label, config.node_label],
  pool_labels: q.node_labels + ', resource, userns, uid',
  container_labels: 'container_id, namespace, pod, container',

  // The matchers of dashboards, without braces.
  node: '%s=~"$cluster", %s=~"$node"' % [config.cluster_label, config.node_label],
  node_resource: q.node + ', resource=~"$resource"',
  container: q.node + ', namespace=~"$namespace", pod=~"$pod", container=~"$container", container_id=~"$id"',

  // One series for each node, or each pool.
  by_node(how, expr):: '%s by (%s) (%s)' % [how, q.node_labels, expr],
  by_pool(how, expr):: '%s by (%s) (%s)' % [how, q.pool_labels, expr],

  used(m):: q.by_pool('max', 'kcommons_pool_used{%s}' % m),
  peak(m):: q.by_pool('max', 'kcommons_pool_used_peak{%s}' % m),
  limit(m):: q.by_pool('max', 'kcommons_pool_limit{%s}' % m),
  finite_limit(m):: q.by_pool('max', 'kcommons_pool_limit{%s} > 0 < +Inf' % m),
  neighbours(m):: q.by_pool('sum', 'kcommons_pool_neighbours{%s}' % m),

  // used / limit.
  full(m):: q.by_pool('max', 'kcommons_pool_used{%s} / (kcommons_pool_limit{%s} > 0 < +Inf)' % [m, m]),
  peak_full(m):: q.by_pool('max', 'kcommons_pool_used_peak{%s} / (kcommons_pool_limit{%s} > 0 < +Inf)' % [m, m]),

  // Seconds until a pool is full if it goes on as it has; nothing for what does not grow.
  time_to_full(m):: q.by_pool(
    'min',
    'clamp_min((kcommons_pool_limit{%s} < +Inf) - kcommons_pool_used{%s}, 0) / (deriv(kcommons_pool_used{%s}[%s]) > 0)' %
    [m, m, m, config.growth]
  ) + ' < %d' % config.horizon_seconds,

  // Who holds: a container as namespace/pod/container without the parts that are empty, or a host group
  // by its unit. `kind` keeps a container that is called like a unit from passing for it. What a
  // container holds and what its runtime holds for it are one. `only` narrows the series before they
  // are renamed, which is the expensive part.
  holders(m, only=''):: |||
    sum by (%(labels)s, kind, holder) (
      label_replace(label_replace(label_join(
        kcommons_container_used{%(m)s}%(only)s,
        "holder", "/", "namespace", "pod", "container"),
        "holder", "$1$2", "holder", "/*([^/]*/)?/?(.*)"),
        "kind", "container", "", "")
      or
      label_replace(label_replace(
        kcommons_host_used{%(m)s}%(only)s,
        "holder", "$1", "unit", "(.*)"),
        "kind", "host", "", "")
    )
  ||| % { labels: q.pool_labels, m: m, only: only },

  top_holder(m, only=''):: 'topk by (%s) (1, %s)' % [q.pool_labels, q.holders(m, only)],

  // Narrows to the pools of another expression.
  and_pools(expr):: ' and on (%s) (%s)' % [q.pool_labels, expr],

  // What is wrong with an exporter; one series or more for each node that has a problem.
  unwell(m):: |||
    kcommons_census_success{%(m)s} == 0
    or kcommons_config_last_reload_successful{%(m)s} == 0
    or (time() - kcommons_snapshot_timestamp_seconds{%(m)s}) > 60
    or up{job=~"%(job)s", %(m)s} == 0
  ||| % { m: m, job: config.job },
}
