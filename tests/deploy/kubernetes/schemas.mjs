// Is an object one that the API server takes? The schemas of kubernetes-models say what is wrong with the keys
// that they know, and nothing of others. They are compiled into functions which look at every key that they
// know, there or not; so what has a key that no function has looked at has one that is unknown.
// The packages do not export these files by name.
const folderOf = (name) => new URL(`node_modules/${name}/_schemas/`, import.meta.url).href;
const core = folderOf('kubernetes-models');
const operator = folderOf('@kubernetes-models/prometheus-operator');
const monitoring = 'ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1';

// What may be rendered at all.
const schemas = {
  'v1 Namespace': core + 'IoK8sApiCoreV1Namespace',
  'v1 ServiceAccount': core + 'IoK8sApiCoreV1ServiceAccount',
  'v1 ConfigMap': core + 'IoK8sApiCoreV1ConfigMap',
  'v1 Service': core + 'IoK8sApiCoreV1Service',
  'apps/v1 DaemonSet': core + 'IoK8sApiAppsV1DaemonSet',
  'networking.k8s.io/v1 NetworkPolicy': core + 'IoK8sApiNetworkingV1NetworkPolicy',
  'rbac.authorization.k8s.io/v1 ClusterRole': core + 'IoK8sApiRbacV1ClusterRole',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': core + 'IoK8sApiRbacV1ClusterRoleBinding',
  'monitoring.coreos.com/v1 PodMonitor': operator + monitoring + 'PodMonitor',
  'monitoring.coreos.com/v1 ServiceMonitor': operator + monitoring + 'ServiceMonitor',
  'monitoring.coreos.com/v1 PrometheusRule': operator + monitoring + 'PrometheusRule',
};

// The same value, but that every key which is asked for, of whatever is in it, is kept in `asked`, by path.
function watched(value, asked, path = '') {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key) {
      const here = `${path}/${String(key)}`;
      asked.add(here);
      return watched(target[key], asked, here);
    },
  });
}

function* keys(value, path = '') {
  if (value === null || typeof value !== 'object') return;
  for (const [key, below] of Object.entries(value)) {
    yield `${path}/${key}`;
    yield* keys(below, `${path}/${key}`);
  }
}

// The sentences that say what is wrong with it.
export async function mistakes(object) {
  const what = `${object.apiVersion} ${object.kind}`;
  if (!(what in schemas)) return [`no schema of ${what} is known here`];
  const {validate} = await import(`${schemas[what]}.js`);
  const asked = new Set();
  const found = [];
  if (!validate(watched(object, asked))) {
    for (const error of validate.errors) {
      found.push(`${what}: ${error.instancePath}: ${error.message ?? JSON.stringify(error.params)}`);
    }
  }
  for (const path of keys(object)) {
    if (!asked.has(path)) found.push(`${what}: ${path}: unknown key`);
  }
  return found;
}
