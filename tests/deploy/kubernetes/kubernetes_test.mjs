// The chart and the kustomize base, rendered by Helm and kubectl and held against the schemas, against what fits
// together, and against the program itself. kubernetes_test.sh has what it needs.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';
import {parse} from 'yaml';
import {ofKind, podOf, wrongs} from './checks.mjs';
import {chart, kustomize, kustomizeAt, lint, notes, parsed, template} from './render.mjs';
import {mistakes} from './schemas.mjs';

const {KUBERNETES_DEPLOY: deploy, KUBERNETES_WORK: work, KUBERNETES_ROOT: root, PROMTOOL: promtool} = process.env;
const read = (...path) => readFileSync(join(...path), 'utf8');
const filesOf = (folder, end) => readdirSync(folder).filter((name) => name.endsWith(end)).sort();

const monitoring = {monitor: {enabled: true}, prometheusRule: {enabled: true}, dashboards: {enabled: true}};
const proxied = {kubeRbacProxy: {enabled: true}, monitor: {enabled: true, kind: 'ServiceMonitor'}};
const matrix = {
  'the defaults': {},
  'all for the operator of Prometheus': monitoring,
  'everything': {
    ...monitoring,
    commonLabels: {team: 'platform'},
    namespaceOverride: 'observed',
    namespace: {create: true, labels: {owner: 'platform'}},
    image: {repository: 'registry.example/kcommons', tag: 'v1', digest: `sha256:${'0'.repeat(64)}`},
    imagePullSecrets: [{name: 'pull'}],
    serviceAccount: {name: 'eyes', annotations: {a: 'b'}},
    config: {source: 'bpf', sampling: {holdings_interval: '30s'}, limits: {max_containers: 100000},
      identity: {labels: ['com.example.team'], roots: {containerd: ['/run/k0s/containerd']}, off: ['docker']},
      cgroup: {layouts: [{path: '/garden/{id}', runtime: 'oci'}]},
      incidents: {threshold: 0.95, clear: 0.5}, web: {telemetry_path: '/all', enable_lifecycle: true},
      log: {format: 'json'}},
    runtimes: ['containerd', 'k3s', 'cri-o', 'docker'],
    extraHostPaths: [{path: '/run/k0s/containerd/io.containerd.runtime.v2.task', type: 'Directory'}, {path: '/opt/x'}],
    hostNetwork: true,
    port: 9999,
    extraArgs: ['--log.level=debug', '--web.max-requests=20'],
    webConfig: {existingSecret: 'users', key: 'web-config.yaml'},
    seLinuxOptions: {type: 'spc_t'},
    appArmorProfile: {type: 'Unconfined'},
    priorityClassName: 'very-important',
    affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
      {matchExpressions: [{key: 'type', operator: 'NotIn', values: ['virtual']}]}]}}},
    updateStrategy: {type: 'OnDelete', rollingUpdate: null},
    podAnnotations: {a: 'b'},
    podLabels: {c: 'd'},
    service: {annotations: {e: 'f'}},
    networkPolicy: {from: [{namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': 'monitoring'}},
      podSelector: {matchLabels: {'app.kubernetes.io/name': 'prometheus'}}}, {ipBlock: {cidr: '10.0.0.0/8'}}]},
    monitor: {enabled: true, labels: {release: 'prometheus'}, interval: '30s', scrapeTimeout: '5s', sampleLimit: 50000,
      relabelings: [{targetLabel: 'cluster', replacement: 'blue'}],
      metricRelabelings: [{sourceLabels: ['__name__'], regex: 'kcommons_reader_.*', action: 'drop'}],
      basicAuth: {username: {name: 'scrape', key: 'user'}, password: {name: 'scrape', key: 'password'}}},
    prometheusRule: {enabled: true, labels: {release: 'prometheus'}},
    dashboards: {enabled: true, namespace: 'grafana', annotations: {folder: 'kcommons'}},
  },
  'nothing that can be left out': {
    serviceAccount: {create: false},
    runtimes: [],
    userNames: false,
    priorityClassName: '',
    tolerations: [],
    nodeSelector: {'kubernetes.io/os': null},
    service: {enabled: false},
    networkPolicy: {enabled: false},
  },
  'a proxy for TLS': proxied,
  'a proxy on the network of the host, with a certificate': {
    kubeRbacProxy: {enabled: true, tlsSecret: 'kcommons-tls', upstreamPort: 20000, extraArgs: ['--v=2']},
    hostNetwork: true,
    monitor: {enabled: true, kind: 'ServiceMonitor', tlsConfig: {serverName: 'kcommons.kcommons.svc',
      ca: {secret: {name: 'kcommons-tls', key: 'ca.crt'}}}},
  },
  'a proxy that nobody scrapes': {kubeRbacProxy: {enabled: true}, networkPolicy: {from: []}},
  'root, for an engine that gives capabilities to nobody else': {runAsUser: 0, runAsGroup: 0, runtimes: ['docker']},
  'long names': {fullnameOverride: 'a'.repeat(63), nameOverride: 'b'.repeat(63), ...monitoring},
  'names that YAML takes for something else': {podAnnotations: {yes: 'no', 1: '1'}, commonLabels: {on: 'off'},
    fullnameOverride: 'true', namespaceOverride: '1e3',
    serviceAccount: {name: 'null'}, webConfig: {existingSecret: '12'}, ...monitoring, priorityClassName: 'true'},
};

const good = async (objects) => assert.deepEqual(await wrongs(objects), []);

for (const [what, values] of Object.entries(matrix)) {
  test(`chart: ${what}`, async () => {
    lint(values);
    await good(template(values));
    for (const release of ['kcommons-blue', 'x']) await good(template(values, release));
    assert.match(notes(values), /rollout status daemonset\//);
  });
}

test('chart: each value alone where it is off by default, or off where it is on', async () => {
  for (const values of [{monitor: {enabled: true}}, {prometheusRule: {enabled: true}}, {dashboards: {enabled: true}},
    {namespace: {create: true}}, {hostNetwork: true}, {userNames: false}, {webConfig: {existingSecret: 's'}},
    {networkPolicy: {enabled: false}}, {service: {enabled: false}}, {monitor: {enabled: true, kind: 'ServiceMonitor'}},
    {hostPathType: ''}, {hostPathType: 'DirectoryOrCreate'}, {runtimes: ['cri-o']}, {runtimes: ['k3s']}]) {
    await good(template(values));
  }
});

test('chart: what does not fit together is refused, with the reason', () => {
  for (const [values, reason] of [
    [{kubeRbacProxy: {enabled: true}, webConfig: {existingSecret: 's'}}, /take one of the two/],
    [{kubeRbacProxy: {enabled: true}, port: 10045}, /must differ/],
    [{kubeRbacProxy: {enabled: true}, monitor: {enabled: true}}, /must be ServiceMonitor/],
    [{monitor: {enabled: true, kind: 'ServiceMonitor'}, service: {enabled: false}}, /needs service\.enabled/],
  ]) assert.throws(() => template(values), reason);
});

test('values: an unknown key or a wrong type is refused, and named', () => {
  for (const [values, where] of [
    [{hostPid: true}, /'hostPid' not allowed/],
    [{image: {tga: 'v1'}}, /'\/image'.*'tga'/],
    [{config: {sampling: {pools_intervall: '1s'}}}, /'\/config\/sampling'.*'pools_intervall'/],
    [{config: {paths: {rootfs: '/'}}}, /'\/config'.*'paths'/],
    [{config: {web: {listen_address: ':1'}}}, /'\/config\/web'.*'listen_address'/],
    [{config: {limits: {max_units: 0}}}, /'\/config\/limits\/max_units'/],
    [{config: {sampling: {pools_interval: 1}}}, /'\/config\/sampling\/pools_interval'/],
    [{port: '10044'}, /'\/port'/],
    [{port: 70000}, /'\/port'/],
    [{runtimes: ['podman']}, /'\/runtimes\/0'/],
    [{runtimes: ['k3s', 'k3s']}, /'\/runtimes'/],
    [{extraHostPaths: [{path: 'run'}]}, /'\/extraHostPaths\/0\/path'/],
    [{extraArgs: ['serve']}, /'\/extraArgs\/0'/],
    [{monitor: {kind: 'Probe'}}, /'\/monitor\/kind'/],
    [{monitor: {enabled: 'yes'}}, /'\/monitor\/enabled'/],
    [{resources: {limit: {}}}, /'\/resources'.*'limit'/],
    [{tolerations: [{operator: 'Exist'}]}, /'\/tolerations\/0\/operator'/],
    [{updateStrategy: {type: 'Recreate'}}, /'\/updateStrategy\/type'/],
    [{podLabels: {a: 1}}, /'\/podLabels\/a'/],
    [{capabilities: ['SYS_ADMIN']}, /'capabilities' not allowed/],
    [{securityContext: {privileged: true}}, /'securityContext' not allowed/],
    [{image: {digest: 'latest'}}, /'\/image\/digest'/],
    [{kubeRbacProxy: {enable: true}}, /'\/kubeRbacProxy'.*'enable'/],
  ]) assert.throws(() => template(values), where, JSON.stringify(values));
});

// --- kustomize --------------------------------------------------------------------------------

const components = readdirSync(join(deploy, 'kubernetes/components'));

for (const folder of ['base', ...readdirSync(join(deploy, 'kubernetes/overlays')).map((name) => `overlays/${name}`)]) {
  test(`kustomize: ${folder}`, async () => good(kustomize(folder)));
}

// A monitor by itself is of no use to the proxy, and the proxy changes a ServiceMonitor that is there.
const together = [...components.filter((name) => name !== 'kube-rbac-proxy').map((name) => [name]),
  ['service-monitor', 'kube-rbac-proxy'], ['pod-monitor', 'rules', 'host-network'],
  ['service-monitor', 'kube-rbac-proxy', 'rules', 'host-network']];
for (const names of together) {
  test(`kustomize: the base with ${names.join(' and ')}`, async () => {
    const copy = join(work, 'kubernetes');
    cpSync(join(deploy, 'kubernetes'), copy, {recursive: true});
    mkdirSync(join(copy, 'tried'), {recursive: true});
    writeFileSync(join(copy, 'tried/kustomization.yaml'), JSON.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', namespace: 'kcommons',
      resources: ['../base'], components: names.map((name) => `../components/${name}`)}));
    const objects = kustomizeAt(join(copy, 'tried'));
    await good(objects);
    assert.equal(podOf(objects).spec.hostNetwork === true, names.includes('host-network'));
  });
}

// Names of the chart have none of a hash, and labels say who made it.
function comparable(objects, kind) {
  const [{spec}] = JSON.parse(JSON.stringify(ofKind(objects, kind)));
  delete spec.selector;
  delete spec.podSelector;
  delete spec.namespaceSelector;
  if (kind === 'DaemonSet') {
    delete spec.template.metadata;
    const {volumes} = spec.template.spec;
    volumes.sort((a, b) => a.name.localeCompare(b.name));
    volumes.find((volume) => volume.name === 'config').configMap.name = 'kcommons';
  }
  return spec;
}

test('the base is what the chart makes of its defaults, and the overlays of the same', () => {
  const of = (objects) => Object.fromEntries(['DaemonSet', 'Service', 'NetworkPolicy', 'PodMonitor', 'ServiceMonitor']
    .filter((kind) => ofKind(objects, kind).length > 0).map((kind) => [kind, comparable(objects, kind)]));
  const text = (objects) => parse(ofKind(objects, 'ConfigMap').find((each) => 'kcommons.yaml' in each.data)
    .data['kcommons.yaml']);
  for (const [folder, values] of [['base', {}], ['overlays/prometheus-operator', {monitor: {enabled: true}}],
    ['overlays/tls', proxied]]) {
    const base = kustomize(folder);
    const made = template({...values, namespace: {create: true}});
    assert.deepEqual(of(base), of(made), folder);
    assert.deepEqual(text(base), text(made), folder);
    const [space] = ofKind(made, 'Namespace');
    for (const [key, value] of Object.entries(ofKind(base, 'Namespace')[0].metadata.labels)) {
      assert.equal(space.metadata.labels[key], value, key);
    }
  }
});

test('a pod can be made in the namespace: its level of Pod Security is privileged', () => {
  for (const objects of [kustomize('base'), template({namespace: {create: true}})]) {
    const {labels, name} = ofKind(objects, 'Namespace')[0].metadata;
    assert.equal(name, 'kcommons');
    for (const mode of ['enforce', 'audit', 'warn']) {
      assert.equal(labels[`pod-security.kubernetes.io/${mode}`], 'privileged', mode);
    }
  }
});

// --- one source -------------------------------------------------------------------------------

test('rules and dashboards are those of deploy/prometheus and deploy/grafana', () => {
  const {status, stderr} = spawnSync(join(deploy, 'helm/sync.sh'), ['--check'], {encoding: 'utf8'});
  assert.equal(status, 0, stderr);
  const sources = filesOf(join(deploy, 'prometheus/rules'), '.yml')
    .map((name) => parse(read(deploy, 'prometheus/rules', name), {merge: true}));
  assert.ok(sources.length > 0);
  for (const objects of [template(monitoring), kustomize('overlays/prometheus-operator')]) {
    assert.deepEqual(ofKind(objects, 'PrometheusRule').map((rule) => rule.spec), sources);
  }
  const dashboards = filesOf(join(deploy, 'grafana/dashboards'), '.json');
  assert.ok(dashboards.length > 0);
  const maps = template(monitoring).filter((object) => object.metadata.labels.grafana_dashboard === '1');
  assert.deepEqual(Object.fromEntries(maps.flatMap((map) => Object.entries(map.data))),
    Object.fromEntries(dashboards.map((name) => [name, read(deploy, 'grafana/dashboards', name)])));
});

test('promtool takes the rules as they are rendered', () => {
  for (const objects of [template(monitoring), kustomize('overlays/prometheus-operator')]) {
    for (const rule of ofKind(objects, 'PrometheusRule')) {
      const file = join(work, 'rules.yml');
      writeFileSync(file, JSON.stringify(rule.spec));
      execFileSync(promtool, ['check', 'rules', file], {stdio: 'pipe'});
    }
  }
});

test('the version is that of the project', () => {
  const version = read(root, 'CMakeLists.txt').match(/project\(\s*kcommons\s+VERSION (\S+)/)[1];
  const {version: own, appVersion} = parse(read(chart, 'Chart.yaml'));
  assert.deepEqual([own, appVersion], [version, version]);
  for (const objects of [template(), kustomize('base')]) {
    assert.equal(podOf(objects).spec.containers[0].image, `kcommons:${version}`);
  }
});

function* leaves(value, path = '', isLeaf = () => false) {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length === 0 ||
      isLeaf(path)) {
    yield path;
    return;
  }
  for (const [key, below] of Object.entries(value)) yield* leaves(below, path ? `${path}.${key}` : key, isLeaf);
}

const schema = JSON.parse(read(chart, 'values.schema.json'));
function* schemaLeaves(node, path = '') {
  if (!node.properties) {
    yield path;
    return;
  }
  assert.equal(node.additionalProperties, false, `${path} takes unknown keys`);
  for (const [key, below] of Object.entries(node.properties)) yield* schemaLeaves(below, path ? `${path}.${key}` : key);
}

test('the schema has every key of the configuration but those that the chart sets', () => {
  const all = [...leaves(parse(read(root, 'config/kcommons.yaml')))].sort();
  const own = ['paths.procfs', 'paths.sysfs', 'paths.rootfs', 'incidents.file', 'web.listen_address', 'web.config_file'];
  for (const key of own) assert.ok(all.includes(key), key);
  assert.deepEqual([...schemaLeaves(schema.properties.config)].sort(), all.filter((key) => !own.includes(key)));
});

test('README of the chart has every value, with its default', () => {
  // What is a value of its own for Kubernetes is one row here.
  const whole = /^(resources|kubeRbacProxy\.resources|updateStrategy|nodeSelector|dashboards\.labels)$/;
  const values = parse(read(chart, 'values.yaml'));
  const at = (path) => path.split('.').reduce((value, key) => value[key], values);
  const rows = new Map([...read(chart, 'README.md').matchAll(/^\| `([^`]+)` \| `([^`]*)` \|/gm)]
    .map(([, path, value]) => [path, parse(value)]));
  assert.deepEqual([...rows.keys()].sort(), [...leaves(values, '', (path) => whole.test(path))].sort());
  for (const [path, value] of rows) assert.deepEqual(value, at(path), path);
});

// --- the checks themselves --------------------------------------------------------------------

// Each is one mistake in objects that are right otherwise.
const container = (objects) => podOf(objects).spec.containers[0];
const rename = (object, from, to) => {
  object[to] = object[from];
  delete object[from];
};
const monitorOf = (objects) => objects.find((object) => /Monitor$/.test(object.kind));
const broken = {
  'hostPid': (all) => rename(podOf(all).spec, 'hostPID', 'hostPid'),
  'readinesProbe': (all) => rename(container(all), 'readinessProbe', 'readinesProbe'),
  'httpGet\\/pth': (all) => rename(container(all).livenessProbe.httpGet, 'path', 'pth'),
  'metadata\\/label': (all) => rename(all[0].metadata, 'labels', 'label'),
  'recursiveReadonly': (all) => rename(container(all).volumeMounts[2], 'recursiveReadOnly', 'recursiveReadonly'),
  'honourLabels': (all) => rename(monitorOf(all).spec.podMetricsEndpoints[0], 'honorLabels', 'honourLabels'),
  'rules\\/0\\/anotations': (all) => rename(ofKind(all, 'PrometheusRule')[0].spec.groups[0].rules[0], 'annotations',
    'anotations'),
  'containerPort: .*integer': (all) => { container(all).ports[0].containerPort = '10044'; },
  'no schema of v1 Secret': (all) => { all.push({apiVersion: 'v1', kind: 'Secret', metadata: {name: 'x'}}); },
  'it has no port metric': (all) => { container(all).livenessProbe.httpGet.port = 'metric'; },
  'no volume konfig': (all) => { container(all).volumeMounts[0].name = 'konfig'; },
  'no ConfigMap other': (all) => { podOf(all).spec.volumes[0].configMap.name = 'other'; },
  'Service .* selects nothing': (all) => { ofKind(all, 'Service')[0].spec.selector = {app: 'x'}; },
  'PodMonitor .*: no port web': (all) => { monitorOf(all).spec.podMetricsEndpoints[0].port = 'web'; },
  'honorLabels is not true': (all) => { monitorOf(all).spec.podMetricsEndpoints[0].honorLabels = false; },
  'no label node': (all) => { monitorOf(all).spec.podMetricsEndpoints[0].relabelings.shift(); },
  'privileged': (all) => { container(all).securityContext.privileged = true; },
  'capabilities .*SYS_ADMIN': (all) => { container(all).securityContext.capabilities.add.push('SYS_ADMIN'); },
  'capabilities BPF': (all) => { container(all).securityContext.capabilities.add.pop(); },
  'keeps capabilities': (all) => { delete container(all).securityContext.capabilities.drop; },
  'hostPID': (all) => { podOf(all).spec.hostPID = false; },
  'can be written to': (all) => { container(all).volumeMounts.at(-1).readOnly = false; },
  'has more in it': (all) => {
    podOf(all).spec.volumes.at(-1).hostPath.path = '/run';
    container(all).volumeMounts.at(-1).mountPath = '/host/run';
  },
  'kcommons has no --web.listen': (all) => { container(all).args.push('--web.listen=:1'); },
  'check-config: .*unknown': (all) => { ofKind(all, 'ConfigMap').find((map) => 'kcommons.yaml' in map.data)
    .data['kcommons.yaml'] += 'pathes: {}\n'; },
  'the port is 10044': (all) => { const map = ofKind(all, 'ConfigMap').find((each) => 'kcommons.yaml' in each.data);
    map.data['kcommons.yaml'] = map.data['kcommons.yaml'].replace('10044', '10045'); },
  'every container gets a token': (all) => { delete podOf(all).spec.automountServiceAccountToken; },
  'twice': (all) => { all.push(all[0]); },
};

for (const [said, breaking] of Object.entries(broken)) {
  test(`the checks see it: ${said.replaceAll('\\', '')}`, async () => {
    const objects = JSON.parse(JSON.stringify(template(monitoring)));
    breaking(objects);
    const found = await wrongs(objects);
    assert.match(found.join('\n'), new RegExp(said, 's'));
  });
}

test('the checks see it: a key of YAML given twice', () => {
  assert.throws(() => parsed('a: 1\na: 2\n'), /unique/);
});

test('the checks see it: a key of an object within a list within an object', async () => {
  const [service] = ofKind(template(), 'Service');
  service.spec.ports[0].nodeport = 1;
  assert.deepEqual(await mistakes(service), ['v1 Service: /spec/ports/0/nodeport: unknown key']);
});
