// What a container holds of every pool, and who fails with it.
local c = import 'common.libsonnet';
local config = import 'config.libsonnet';
local d = import 'dashboard.libsonnet';
local q = import 'queries.libsonnet';

local m = q.node;
local s = q.container;
local who = '%s, %s' % [q.node_labels, q.container_labels];
local pool_and_who = '%s, %s' % [q.pool_labels, q.container_labels];
local who_legend = '{{%s}} {{namespace}} {{pod}} {{container}}' % config.node_label;

local held = 'sum by (%s) (kcommons_container_used{%s})' % [pool_and_who, s];
local of_pool(value) = '(%s) * on (%s) group_right () %s' % [value, q.pool_labels, 'max by (%s) (kcommons_container_used{%s} ^ 0)' % [pool_and_who, s]];
local share_of(whole) = '%s / on (%s) group_left () %s' % [held, q.pool_labels, whole];
local its_pools = q.and_pools('kcommons_container_used{%s} > 0' % s);

// A pod's containers share a network, which is booked once, to the sandbox.
local dropped = |||
  sum by (%(who)s) (rate(kcommons_container_receive_dropped_total{%(s)s}[$__rate_interval]))
  or sum by (%(who)s) (
    rate(kcommons_container_receive_dropped_total{%(m)s, container="POD"}[$__rate_interval])
    and on (%(node)s, namespace, pod) kcommons_container_processes{%(s)s, pod!=""}
  )
||| % { who: who, s: s, m: m, node: q.node_labels };

d.dashboard(
  c.uids.container,
  'kcommons / Container',
  'What a container holds of every pool of its node, and who fails with it.',
  [c.cluster, c.node, c.namespace, c.pod, c.container, c.id],
  c.links_from('container'),
  [
    [
      d.stat('Containers shown',
             'Containers that fit the variables above. Choose one to see it alone.',
             'count(sum by (%s) (kcommons_container_processes{%s}))' % [who, s],
             decimals=0),
      d.stat('Largest share of a limit',
             'The most that one of them holds of the limit of any pool. Above a half: it can fill a pool that others need.',
             'max(%s)' % share_of(q.finite_limit(m)),
             unit='percentunit',
             thresholds=d.from(0.5, 'orange'),
             decimals=1),
      d.stat('Fullest of its pools',
             'Whoever fills it: how full the fullest pool is of which it holds something.',
             'max(%s)' % (q.full(m) + its_pools),
             unit='percentunit',
             thresholds=d.shares,
             decimals=1),
      d.stat('The same in a word',
             'Of the fullest of its pools.',
             'max(%s)' % (q.full(m) + its_pools),
             thresholds=d.shares,
             mappings=d.state),
      d.stat('Descriptor limit',
             'Open descriptors of the process that is nearest to its own RLIMIT_NOFILE. At 100 % it gets EMFILE, and nobody else does: raise the ulimit of the container, or find what it leaks.',
             'max(kcommons_container_descriptor_limit_ratio{%s})' % s,
             unit='percentunit',
             thresholds=d.shares,
             decimals=1,
             none='no process'),
      d.stat('Descriptor limit in a word',
             'Of the process that is nearest to its own limit.',
             'max(kcommons_container_descriptor_limit_ratio{%s})' % s,
             thresholds=d.shares,
             mappings=d.state,
             none='no process'),
    ],
    [
      d.table(
        'Its share of every pool',
        'One row for each pool that a container holds something of. By its runtime: held by its shim or monitor on its behalf. A large share of a full pool: tune the application, give the container a user of its own, or raise the limit.',
        [
          d.now(held),
          d.now(share_of(q.finite_limit(m))),
          d.now(share_of(q.by_pool('max', 'kcommons_pool_used_at_census{%s} > 0' % m))),
          d.now(of_pool(q.full(m))),
          d.now(of_pool(q.full(m))),
          d.now(of_pool(q.time_to_full(m))),
          d.now(of_pool(q.neighbours(m))),
          d.now('sum by (%s) (kcommons_container_used{%s, role="runtime"})' % [pool_and_who, s]),
        ],
        [
          c.cluster_column,
          c.node_column,
          d.column('namespace', 'Namespace'),
          d.column('pod', 'Pod'),
          c.container_column,
        ] + c.pool_columns + [
          d.count_column('A', 'Holds'),
          d.count_column('H', 'By its runtime'),
          d.share_column('B', 'Share of limit'),
          d.share_column('C', 'Share of used'),
          d.share_column('D', 'Pool is full'),
          d.state_column('E', 'State of the pool'),
          c.time_to_full_column('F'),
          d.count_column('G', 'Neighbours'),
          c.id_column,
        ],
        h=11,
        sort={ title: 'Share of limit', desc: true },
      ),
    ],
    [
      d.graph('Share of each limit',
              'The fifteen largest shares, over time. What grows without end is a leak.',
              [d.over_time('topk(15, %s)' % share_of(q.finite_limit(m)), '{{container}} ' + c.pool_legend)],
              unit='percentunit',
              shares=true),
      d.graph('Held of each pool',
              'The fifteen largest holdings in units of the pool: files, watches, processes.',
              [d.over_time('topk(15, %s)' % held, '{{container}} ' + c.pool_legend)]),
    ],
    [
      d.graph('Descriptors by type',
              'Counted at every process that has one; files of open_files are counted once.',
              [d.over_time('sum by (type) (kcommons_container_descriptors{%s})' % s, '{{type}}')],
              stack=true,
              w=8),
      d.graph('Nearest to its own descriptor limit',
              'The worst process of each container. At 100 % it gets EMFILE.',
              [d.over_time('topk(15, max by (%s) (kcommons_container_descriptor_limit_ratio{%s}))' % [who, s], who_legend)],
              unit='percentunit',
              shares=true,
              w=8),
      d.graph('Processes',
              'By who they are: of the container itself, or its shim or monitor.',
              [d.over_time('topk(15, sum by (%s, role) (kcommons_container_processes{%s}))' % [who, s], who_legend + ' {{role}}')],
              w=8),
    ],
    [
      d.table(
        'Who fails with it',
        'Neighbours in those of its pools that are more than half full (neighbours_above in kcommons.yaml). When such a pool is full, all of them get the error. Empty: none of its pools is that full.',
        [d.now('max by (%s, %s, unit) (kcommons_container_neighbour{%s}%s or kcommons_host_neighbour{%s}%s)' % [q.pool_labels, q.container_labels, m, its_pools, m, its_pools])],
        [c.node_column] + c.pool_columns + [
          c.container_column,
          d.column('namespace', 'Namespace'),
          d.column('pod', 'Pod'),
          d.column('unit', 'Host group'),
          c.id_column,
        ],
        h=9,
        w=12,
        none='none of its pools is half full',
      ),
      d.graph('Packets dropped',
              'Received for it and dropped. A pod has one network: what its sandbox (POD) lost is the loss of all its containers. Look at the backlog on the dashboard of the node.',
              [d.over_time('topk(15, %s)' % dropped, who_legend)],
              unit='pps'),
    ],
    [
      d.table(
        'Who it is',
        'What else is known of the containers shown.',
        [d.now('max by (%s, runtime, image, compose_project, compose_service, pod_uid, parent_id, cgroup) (kcommons_container_info{%s})' % [who, s])],
        [
          c.cluster_column,
          c.node_column,
          d.column('namespace', 'Namespace'),
          d.column('pod', 'Pod'),
          d.column('container', 'Container'),
          d.column('container_id', 'Id'),
          d.column('runtime', 'Runtime'),
          d.column('image', 'Image'),
          d.column('compose_project', 'Compose project'),
          d.column('compose_service', 'Compose service'),
          d.column('pod_uid', 'Pod UID'),
          d.column('parent_id', 'Inside of'),
          d.column('cgroup', 'Cgroup'),
        ],
        h=8,
      ),
    ],
    [
      d.graph('Incidents of its pools',
              'Resources of which it holds something and which came near their limit, on its node.',
              [d.over_time('sum by (%s, resource) (increase(kcommons_incidents_total{%s}[$__rate_interval]) and on (%s, resource) kcommons_container_used{%s} > 0) > 0' % [q.node_labels, m, q.node_labels, s], '{{%s}} {{resource}}' % config.node_label)],
              bars=true,
              none='none',
              w=24,
              h=7),
    ],
  ],
)
