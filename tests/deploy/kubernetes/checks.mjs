// What the schemas cannot tell of a set of objects: whether its parts fit together, and whether it asks for no
// more rights than are needed. Each check gives the sentences that say what is wrong.
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {mistakes} from './schemas.mjs';

const {KCOMMONS: kcommons, KUBERNETES_WORK: work} = process.env;
const clusterWide = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);
const capabilities = ['BPF', 'PERFMON', 'SYS_PTRACE', 'DAC_READ_SEARCH'];
const nameOf = (object) => `${object.kind} ${object.metadata?.namespace ?? ''}/${object.metadata?.name}`;

export const ofKind = (objects, kind) => objects.filter((object) => object.kind === kind);

export function podOf(objects) {
  const [daemonSet, ...more] = ofKind(objects, 'DaemonSet');
  if (!daemonSet || more.length > 0) throw new Error('not one DaemonSet');
  return daemonSet.spec.template;
}

const containerNamed = (pod, name) => pod.spec.containers.find((container) => container.name === name);

function* names(objects) {
  const seen = new Set();
  for (const object of objects) {
    const name = nameOf(object);
    if (seen.has(name)) yield `${name}: twice`;
    seen.add(name);
    if (!clusterWide.has(object.kind) && !object.metadata.namespace) yield `${name}: no namespace`;
    if (!/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/.test(object.metadata.name)) yield `${name}: no name of an object`;
    for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
      if (!/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(value)) yield `${name}: label ${key}: ${value}`;
    }
  }
}

const matches = (wanted, labels) => Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value);

function* selectors(objects) {
  const pod = podOf(objects);
  const labels = pod.metadata.labels;
  for (const object of objects) {
    const {selector, podSelector} = object.spec ?? {};
    const wanted = object.kind === 'Service' ? selector : selector?.matchLabels ?? podSelector?.matchLabels;
    if (!wanted) continue;
    if (Object.keys(wanted).length === 0) yield `${nameOf(object)}: selects everything`;
    const chosen = object.kind === 'ServiceMonitor'
      ? ofKind(objects, 'Service').map((service) => service.metadata.labels)
      : [labels];
    if (!chosen.some((each) => matches(wanted, each))) yield `${nameOf(object)}: selects nothing`;
    const spaces = object.spec.namespaceSelector?.matchNames ?? [object.metadata.namespace];
    const [daemonSet] = ofKind(objects, 'DaemonSet');
    if (!spaces.includes(daemonSet.metadata.namespace)) yield `${nameOf(object)}: looks into another namespace`;
    // The job is the value of this label of what is selected.
    const {jobLabel} = object.spec;
    if (jobLabel && !chosen.some((each) => each?.[jobLabel])) yield `${nameOf(object)}: no label ${jobLabel}`;
  }
}

function* ports(objects) {
  const pod = podOf(objects);
  const named = new Map();
  for (const container of pod.spec.containers) {
    for (const port of container.ports ?? []) {
      if (named.has(port.name)) yield `port ${port.name}: twice in the pod`;
      named.set(port.name, port.containerPort);
    }
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      const {port, host} = container[probe]?.httpGet ?? container[probe]?.tcpSocket ?? {};
      const own = (container.ports ?? []).map((each) => each.name);
      if (port === undefined || (host === '127.0.0.1' && pod.spec.hostNetwork)) continue;
      if (host) yield `${container.name}: ${probe}: host ${host} is not the node's own`;
      if (!own.includes(port)) yield `${container.name}: ${probe}: it has no port ${port}`;
    }
  }
  for (const service of ofKind(objects, 'Service')) {
    for (const port of service.spec.ports) {
      if (!named.has(port.targetPort)) yield `${nameOf(service)}: the pod has no port ${port.targetPort}`;
      else if (port.port !== named.get(port.targetPort)) yield `${nameOf(service)}: ${port.port} is not the pod's`;
    }
  }
  for (const policy of ofKind(objects, 'NetworkPolicy')) {
    for (const {port} of policy.spec.ingress.flatMap((rule) => rule.ports)) {
      if (!named.has(port)) yield `${nameOf(policy)}: the pod has no port ${port}`;
    }
  }
  for (const monitor of objects.filter((object) => /^(Pod|Service)Monitor$/.test(object.kind))) {
    const known = monitor.kind === 'PodMonitor'
      ? [...named.keys()]
      : ofKind(objects, 'Service').flatMap((service) => service.spec.ports.map((port) => port.name));
    const endpoints = monitor.spec.endpoints ?? monitor.spec.podMetricsEndpoints ?? [];
    if (endpoints.length === 0) yield `${nameOf(monitor)}: no endpoint`;
    for (const endpoint of endpoints) {
      if (!known.includes(endpoint.port)) yield `${nameOf(monitor)}: no port ${endpoint.port}`;
      if (endpoint.honorLabels !== true) yield `${nameOf(monitor)}: honorLabels is not true`;
      const labels = (endpoint.relabelings ?? []).filter((each) =>
        each.sourceLabels?.includes('__meta_kubernetes_pod_node_name')).map((each) => each.targetLabel);
      if (!labels.includes('node')) yield `${nameOf(monitor)}: no label node`;
      const isSecure = pod.spec.containers.some((container) => container.name === 'kube-rbac-proxy');
      if ((endpoint.scheme === 'https') !== isSecure) yield `${nameOf(monitor)}: scheme ${endpoint.scheme}`;
    }
  }
}

function* volumes(objects) {
  const pod = podOf(objects);
  const volumeNames = pod.spec.volumes.map((volume) => volume.name);
  const used = new Set();
  for (const container of pod.spec.containers) {
    const places = new Set();
    for (const mount of container.volumeMounts ?? []) {
      used.add(mount.name);
      if (places.has(mount.mountPath)) yield `${container.name}: ${mount.mountPath} twice`;
      places.add(mount.mountPath);
      const volume = pod.spec.volumes.find((each) => each.name === mount.name);
      if (!volume) {
        yield `${container.name}: no volume ${mount.name}`;
        continue;
      }
      if (volume.hostPath) yield* hostPath(container, mount, volume.hostPath);
      else if (!volume.emptyDir && mount.readOnly !== true) yield `${mount.name}: can be written to`;
    }
  }
  if (new Set(volumeNames).size !== volumeNames.length) yield `a volume twice: ${volumeNames}`;
  for (const name of volumeNames) if (!used.has(name)) yield `volume ${name} is mounted nowhere`;
  for (const {name, configMap} of pod.spec.volumes) {
    if (configMap && !ofKind(objects, 'ConfigMap').some((each) => each.metadata.name === configMap.name)) {
      yield `volume ${name}: no ConfigMap ${configMap.name}`;
    }
  }
}

function* hostPath(container, mount, {path}) {
  if (container.name !== 'kcommons') yield `${container.name}: has ${path} of the host`;
  if (mount.mountPath !== `/host${path}`) yield `${mount.name}: ${path} of the host is at ${mount.mountPath}`;
  if (mount.readOnly !== true) yield `${mount.name}: ${path} of the host can be written to`;
  if (mount.recursiveReadOnly !== 'IfPossible') yield `${mount.name}: what is mounted below ${path} can be written to`;
  if (mount.mountPropagation) yield `${mount.name}: propagation forbids recursiveReadOnly`;
  // Whoever may connect to a runtime is root; and a shadow is nobody's business.
  if (['/', '/run', '/var', '/var/run', '/var/lib', '/run/containerd', '/var/lib/docker', '/etc'].includes(path)) {
    yield `${mount.name}: ${path} has more in it than is needed`;
  }
}

function* security(objects) {
  const pod = podOf(objects);
  if (pod.spec.hostPID !== true) yield 'hostPID is not true';
  if (pod.spec.hostIPC) yield 'hostIPC';
  if (pod.spec.automountServiceAccountToken !== false) yield 'every container gets a token';
  for (const container of pod.spec.containers) {
    const context = container.securityContext ?? {};
    const say = (what) => `${container.name}: ${what}`;
    if (context.privileged !== false) yield say('privileged');
    if (context.allowPrivilegeEscalation !== false) yield say('allowPrivilegeEscalation');
    if (context.readOnlyRootFilesystem !== true) yield say('its root can be written to');
    if (context.seccompProfile?.type !== 'RuntimeDefault') yield say('no seccomp profile');
    if (context.runAsNonRoot !== (context.runAsUser !== 0)) yield say('runAsNonRoot');
    if (String(context.capabilities?.drop) !== 'ALL') yield say('keeps capabilities');
    const added = [...(context.capabilities?.add ?? [])].sort();
    const allowed = container.name === 'kcommons' ? [...capabilities].sort() : [];
    if (String(added) !== String(allowed)) yield say(`capabilities ${added}`);
    if (!container.resources?.limits?.memory || !container.resources?.requests?.memory) yield say('no bound of memory');
    const token = (container.volumeMounts ?? []).some((mount) => /serviceaccount/.test(mount.mountPath));
    if (token !== (container.name === 'kube-rbac-proxy')) yield say(`token: ${token}`);
  }
}

let help;
function* program(objects) {
  const pod = podOf(objects);
  const container = containerNamed(pod, 'kcommons');
  help ??= execFileSync(kcommons, ['serve', '--help'], {encoding: 'utf8'});
  const flags = new Set(help.match(/--[a-z][a-z.-]*/g));
  const [command, ...rest] = container.args;
  if (command !== 'serve') yield `args: ${command}`;
  for (const argument of rest) {
    if (!flags.has(argument.split('=')[0])) yield `args: kcommons has no ${argument}`;
  }
  const volume = pod.spec.volumes.find((each) => each.name === 'config').configMap.name;
  const text = ofKind(objects, 'ConfigMap').find((each) => each.metadata.name === volume)?.data['kcommons.yaml'];
  const path = rest.find((each) => each.startsWith('--config.file='))?.split('=')[1];
  if (path !== '/etc/kcommons/kcommons.yaml') yield `args: configuration ${path}`;
  const file = join(work, 'kcommons.yaml');
  writeFileSync(file, text ?? '');
  try {
    execFileSync(kcommons, ['check-config', file], {stdio: 'pipe', encoding: 'utf8'});
  } catch (error) {
    yield `check-config: ${error.stdout}${error.stderr}`;
  }
  yield* address(text ?? '', pod);
}

// Where it listens is where the probes, or the proxy, ask.
function* address(text, pod) {
  const listens = text.match(/listen_address: "?([^"\n]+)"?/)?.[1];
  const proxy = containerNamed(pod, 'kube-rbac-proxy');
  const port = containerNamed(pod, proxy ? 'kube-rbac-proxy' : 'kcommons').ports[0].containerPort;
  if (!proxy) {
    if (listens !== `:${port}`) yield `it listens on ${listens}, the port is ${port}`;
    return;
  }
  if (!proxy.args.includes(`--upstream=http://${listens}/`)) yield `it listens on ${listens}, the proxy asks elsewhere`;
  if (!proxy.args.includes(`--secure-listen-address=:${port}`)) yield `the proxy does not listen on ${port}`;
}

// All that is wrong with the objects of one installation.
export async function wrongs(objects) {
  const found = [];
  for (const object of objects) found.push(...(await mistakes(object)));
  if (found.length > 0) return found;
  for (const check of [names, selectors, ports, volumes, security, program]) found.push(...check(objects));
  return found;
}
