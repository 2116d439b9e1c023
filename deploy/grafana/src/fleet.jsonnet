// Which nodes are near what.
local c = import 'common.libsonnet';
local config = import 'config.libsonnet';
local d = import 'dashboard.libsonnet';
local q = import 'queries.libsonnet';

local m = q.node;
local full = q.full(m);
local worst = q.by_node('max', full);
local fullest = 'topk(30, %s)' % full;
local among_fullest = q.and_pools(fullest);

d.dashboard(
  c.uids.fleet,
  'kcommons / Fleet',
  'Which nodes are near the limit of what, how fast they get there, and whether the exporters can be believed.',
  [c.cluster, c.node],
  c.links_from('fleet'),
  [
    [
      d.stat('Nodes',
             'Nodes whose kcommons was scraped. Fewer than there should be: see "Exporters that do not answer" below.',
             'count(%s)' % q.by_node('max', 'kcommons_build_info{%s}' % m),
             decimals=0),
      d.stat(
        'Nodes at %d %% or more' % (config.act * 100),
        'Nodes with a pool that is nearly full. Act now: the tables below name the pool and its largest holder, the node and the container have a dashboard each.',
        'count(%s >= %g) or vector(0)' % [worst, config.act],
        thresholds=d.from(1),
        mappings=d.none_is_good,
        decimals=0
      ),
      d.stat(
        'Nodes at %d to %d %%' % [config.look * 100, config.act * 100],
        'Nodes whose fullest pool is filling. Look whether it grows: the column "Time to full" below says how long there is.',
        'count(%s >= %g < %g) or vector(0)' % [worst, config.look, config.act],
        thresholds=d.from(1, 'orange'),
        mappings=d.none_is_good,
        decimals=0
      ),
      d.stat(
        'Open incidents',
        'Pools that came near their limit and have not gone back. What each was, and who held it: `kcommons incidents` on the node.',
        'sum(kcommons_incidents_open{%s})' % m,
        thresholds=d.from(1),
        mappings=d.none_is_good,
        decimals=0
      ),
      d.stat(
        'Exporters with a problem',
        'Exporters that do not answer, whose last census failed or is older than a minute, or that refused their configuration. What they say is old or not there: see "Exporters" below.',
        'count(%s) or vector(0)' % q.by_node('count', q.unwell(m)),
        thresholds=d.from(1),
        mappings=d.none_is_good,
        decimals=0
      ),
      d.stat('Containers', 'Containers that the last census of each node saw.', 'sum(kcommons_containers{%s})' % m, decimals=0),
    ],
    [
      d.table(
        'Nodes by their fullest pool',
        'One row for each node, with the pool that is nearest to its limit. Click on a node to see who holds it.',
        [
          d.now('topk by (%s) (1, %s)' % [q.node_labels, full]),
          d.now('topk by (%s) (1, %s)' % [q.node_labels, full]),
          d.now(q.by_node('min', q.time_to_full(m))),
          d.now(q.by_node('max', 'kcommons_incidents_open{%s}' % m)),
          d.now(q.by_node('max', 'kcommons_containers{%s}' % m)),
        ],
        [c.cluster_column, c.node_column] + c.pool_columns + [
          d.share_column('A', 'Full'),
          d.state_column('B'),
          c.time_to_full_column('C', 'First pool full in'),
          d.count_column('D', 'Open incidents', d.from(1)),
          d.count_column('E', 'Containers'),
        ],
        sort={ title: 'Full', desc: true },
      ),
    ],
    [
      d.table(
        'The fullest pools',
        'The 30 pools of all nodes that are nearest to their limit. The largest holder is named for those that are half full. Neighbours are those that fail together with it when the pool is full. Full: raise the limit or stop the holder, the node has the command.',
        [
          d.now(fullest),
          d.now(fullest),
          d.now(q.used(m) + among_fullest),
          d.now(q.limit(m) + among_fullest),
          d.now(q.peak_full(m) + among_fullest),
          d.now(q.time_to_full(m) + among_fullest),
          d.now(q.top_holder(m, q.and_pools('%s >= 0.5' % fullest))),
          d.now(q.neighbours(m) + among_fullest),
        ],
        [c.cluster_column, c.node_column] + c.pool_columns + [
          d.share_column('A', 'Full'),
          d.state_column('B'),
          d.count_column('C', 'Used'),
          d.count_column('D', 'Limit'),
          d.share_column('E', 'Peak'),
          c.time_to_full_column('F'),
          d.column('kind', 'Held by a'),
          d.column('holder', 'Largest holder'),
          d.count_column('G', 'It holds'),
          d.count_column('H', 'Neighbours'),
        ],
        h=12,
        sort={ title: 'Full', desc: true },
      ),
    ],
    [
      d.graph(
        'Fullest pool of each node',
        'The ten nodes that are nearest to a limit, at each moment. The dashed lines are where to look and where to act.',
        [d.over_time('topk(10, %s)' % worst, '{{%s}} {{%s}}' % [config.cluster_label, config.node_label])],
        unit='percentunit',
        shares=true
      ),
      d.graph(
        'Fullest pool of each resource',
        'The ten resources that are nearest to a limit on any node. The same resource on many nodes is a limit to be raised everywhere.',
        [d.over_time('topk(10, max by (resource) (%s))' % full, '{{resource}}')],
        unit='percentunit',
        shares=true
      ),
    ],
    [
      d.graph(
        'Incidents that begin',
        'Pools that came near their limit. None is good. A burst between two scrapes is here too, because the exporter looks every second.',
        [d.over_time('sum by (%s, resource) (increase(kcommons_incidents_total{%s}[$__rate_interval])) > 0' % [q.node_labels, m], '{{%s}} {{resource}}' % config.node_label)],
        bars=true,
        none='none'
      ),
      d.table(
        'Incidents in the time shown',
        'How often each resource came near its limit. Again and again: the limit is too low, or something leaks and is restarted.',
        [d.now('ceil(sum by (%s, resource) (increase(kcommons_incidents_total{%s}[$__range]))) > 0' % [q.node_labels, m])],
        [c.cluster_column, c.node_column, d.column('resource', 'Resource'), d.count_column('A', 'Incidents')],
        w=12,
        h=9,
        sort={ title: 'Incidents', desc: true },
        none='none',
      ),
    ],
    [d.row('Exporters')],
    [
      d.table(
        'Exporters',
        'Whether what the nodes say can be believed. Old or failed: see the log of kcommons there. Processes not seen: their holdings are missing, give it the capabilities that deploy/ names. Cut: more containers or pools than its limits allow, summed into _other.',
        [
          d.now('max by (%s, version) (kcommons_build_info{%s})' % [q.node_labels, m]),
          d.now('max by (%s, source, reason) (kcommons_source_info{%s})' % [q.node_labels, m]),
          d.now(q.by_node('min', 'kcommons_census_success{%s}' % m)),
          d.now(q.by_node('max', 'time() - kcommons_snapshot_timestamp_seconds{%s}' % m)),
          d.now(q.by_node('sum', 'kcommons_processes_unseen{%s, reason!="vanished"}' % m)),
          d.now(q.by_node('max', 'kcommons_series_dropped{%s}' % m)),
          d.now(q.by_node('sum', 'increase(kcommons_census_failures_total{%s, reason!="gone"}[$__range])' % m)),
          d.now(q.by_node('min', 'kcommons_config_last_reload_successful{%s}' % m)),
          d.now(q.by_node('max', 'kcommons_containers_unnamed{%s}' % m)),
        ],
        [
          c.cluster_column,
          c.node_column,
          d.column('version', 'Version'),
          d.column('source', 'Reads'),
          d.column('reason', 'Because'),
          d.word_column('C', 'Last census', d.good_bad),
          d.column('D', 'Age', 's', [{ id: 'thresholds', value: d.from(60) }, { id: 'custom.cellOptions', value: { type: 'color-text' } }]),
          d.count_column('E', 'Processes not seen', d.from(1, 'orange')),
          d.count_column('F', 'Cut', d.from(1, 'orange')),
          d.count_column('G', 'Failed reads'),
          d.word_column('H', 'Configuration', d.good_bad),
          d.count_column('I', 'Containers without a name'),
        ],
        sort={ title: 'Age', desc: true },
      ),
    ],
    [
      d.table(
        'Exporters that do not answer',
        'Nothing is known of these nodes. On the node: `systemctl status kcommons`, `kcommons healthcheck`. Empty is good. Taken from `up` of jobs whose name fits %s.' % config.job,
        [d.now(q.by_node('min', 'up{job=~"%s", %s}' % [config.job, m]) + ' == 0')],
        [c.cluster_column, c.node_column, d.word_column('A', 'State', d.words({ '0': ['red', 'down'] }))],
        w=12,
        h=8,
        none='all answer',
      ),
      d.graph(
        'What looking costs',
        'Processor time of the censuses, of one core. More than a hundredth: sample less often (sampling in kcommons.yaml), or see which reader it is on the dashboard of the node.',
        [d.over_time('topk(10, %s)' % q.by_node('sum', 'rate(kcommons_census_cpu_seconds_total{%s}[$__rate_interval])' % m), '{{%s}}' % config.node_label)],
        unit='percentunit',
        h=8
      ),
    ],
  ],
)
