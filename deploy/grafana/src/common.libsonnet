// What the three dashboards have in common: each other, the variables, the columns of a pool.
local config = import 'config.libsonnet';
local d = import 'dashboard.libsonnet';
local q = import 'queries.libsonnet';

{
  local c = self,

  uids: { fleet: 'kcommons-fleet', node: 'kcommons-node', container: 'kcommons-container' },

  local links = {
    fleet: d.link('Fleet', c.uids.fleet, 'Which nodes are near what'),
    node: d.link('Node', c.uids.node, 'The pools of a node, and who holds them'),
    container: d.link('Container', c.uids.container, 'What a container holds of every pool'),
  },
  links_from(name):: [links[other] for other in ['fleet', 'node', 'container'] if other != name],

  // --- variables -------------------------------------------------------------------------------------

  cluster: d.variable(
    'cluster',
    'Cluster',
    'By the label `%s` of the targets. Where they have none, there is only All.' % config.cluster_label,
    'label_values(kcommons_build_info, %s)' % config.cluster_label
  ),
  node: d.variable(
    'node',
    'Node',
    'By the label `%s` of the targets.' % config.node_label,
    'label_values(kcommons_build_info{%s=~"$cluster"}, %s)' % [config.cluster_label, config.node_label]
  ),
  resource: d.variable(
    'resource',
    'Resource',
    'The resources whose pools and holders are shown. There is a part below for each.',
    'label_values(kcommons_pool_used{%s}, resource)' % q.node,
    ['open_files', 'inotify_instances', 'inotify_watches']
  ),
  namespace: d.variable(
    'namespace',
    'Namespace',
    'Of Kubernetes, or of containerd. Containers of Docker have none: All shows them too.',
    'label_values(kcommons_container_processes{%s}, namespace)' % q.node
  ),
  pod: d.variable(
    'pod',
    'Pod',
    'Containers of Docker are in none: All shows them too.',
    'label_values(kcommons_container_processes{%s, namespace=~"$namespace"}, pod)' % q.node
  ),
  container: d.variable(
    'container',
    'Container',
    'By the name that its owner gave it. POD is the sandbox of a pod.',
    'label_values(kcommons_container_processes{%s, namespace=~"$namespace", pod=~"$pod"}, container)' % q.node
  ),
  id: d.variable(
    'id',
    'Id',
    'Of containers, where names are not enough. Links to this dashboard use it.',
    'label_values(kcommons_container_processes{%s, namespace=~"$namespace", pod=~"$pod", container=~"$container"}, container_id)' % q.node
  ),

  // --- columns -----------------------------------------------------------------------------------------

  // Names are chosen by whoever starts a container: in an address they are encoded.
  local to(uid, more) = '/d/%s?${datasource:queryparam}&${cluster:queryparam}%s&${__url_time_range}' % [uid, more],
  local this_node = '&var-node=${__data.fields.Node:percentencode}',

  cluster_column: d.column(config.cluster_label, 'Cluster'),
  node_column: d.link_column(config.node_label, 'Node', to(c.uids.node, this_node), 'Show this node'),
  // By its id, which every container has: where no container has a pod, there is no column of pods, and an
  // address that asks for its value would be wrong.
  container_column: d.link_column(
    'container',
    'Container',
    to(c.uids.container, this_node + '&var-id=${__data.fields.Id:percentencode}'),
    'Show this container'
  ),
  id_column: d.column('container_id', 'Id', null, [{ id: 'custom.width', value: 110 }]),
  pool_columns: [
    d.column('resource', 'Resource'),
    d.column('uid', 'UID'),
    d.column('userns', 'User namespace'),
  ],
  time_to_full_column(field, title='Time to full'):: d.column(field, title, 's', [{ id: 'noValue', value: 'not in sight' }]),

  pool_legend: '{{%s}} {{resource}} {{uid}}' % config.node_label,
}
