# [what `named` was told] → a line for each name that is another than it should be. $metrics, $top
# and $audit are what kcommons said, each in an array of one.

def has_labels($wanted): .labels as $labels | all($wanted | to_entries[]; $labels[.key] == .value);
def who: {container_id, runtime, container, pod, namespace};
# By what a container is known, whatever it is called.
def is_of($named): .container_id == $named.container_id and .runtime == $named.runtime;

def series($name; $named):
  [$metrics[0][] | select(.name == $name and (.labels | is_of($named)))];

# Two of one id must differ in what they are called, and there must not be a third.
def expect_one($what; $candidates; $same_id; $wanted):
  if ($candidates | length) != $same_id
  then "\($what): \($same_id) expected, but it has \($candidates | tojson)"
  elif [$candidates[] | select(has_labels($wanted))] | length != 1
  then "\($what): \($wanted | tojson) expected, but it has \($candidates | map(.labels) | tojson)"
  else empty end;

def processes($role; $named):
  [series("kcommons_container_processes"; $named)[] | select(.labels.role == $role)];

. as $all
| .[] as $named
| ([$all[] | select(is_of($named))] | length) as $same_id
| "\($named.runtime) \($named.container_id)" as $what
| expect_one("\($what) in kcommons_container_info"; series("kcommons_container_info"; $named);
    $same_id; $named | del(.shown, .helper)),
  expect_one("\($what) in kcommons_container_processes"; processes("workload"; $named);
    $same_id; $named | who),
  (processes("workload"; $named)[] | select(has_labels($named | who) and .value != 1)
    | "\($what): one process expected, but there are \(.value)"),
  ([processes("runtime"; $named)[] | select(has_labels($named | who))] | length
    | select((. == 1) != ($named.helper == "yes"))
    | "\($what): a process of role runtime expected: \($named.helper // "no"), there are \(.)"),
  expect_one("\($what) in top";
    [$top[0].rows[] | select(.who | is_of($named)) | {labels: (.who | who)}]; $same_id;
    $named | who),
  ([$audit[0].pools[].neighbours.names | index($named.shown // $named.container)] | any
    | select(not) | "\($what): audit does not name \($named.shown // $named.container)")
