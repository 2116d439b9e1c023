"""Of one recording, those of a fleet: each node has containers of its own, whose open files move.

    fleet_nodes.py RECORDING FOLDER NODES LOOKS

Writes FOLDER/node-000.json, ... with LOOKS records each. Ids, pods and namespaces are the node's; a
container's name is that of one of twenty workloads, which all nodes have. From look to look each
process opens or closes up to a twentieth of its files, and the kernel's count goes with them, so that
the books balance in every one of them.
"""

import copy
import json
import random
import sys

WORKLOADS = 20
NAMESPACES = 10
HEXADECIMAL = "0123456789abcdef"


def new_id(dice):
    return "".join(dice.choice(HEXADECIMAL) for _ in range(64))


def rename(record, ids):
    """The line with the ids of another node: they stand in paths, too."""
    line = json.dumps(record)
    for old, new in ids.items():
        line = line.replace(old, new)
    return json.loads(line)


def name_pods(census, node):
    """What kubelet would have named them."""
    census["names"] = []
    containers = {}
    for placement in census["placements"]:
        container = placement["container"]
        if container is not None:
            container["runtime"] = "containerd-cri"
            containers[container["id"]] = container["space"]
    for number, (identity, space) in enumerate(sorted(containers.items())):
        workload = f"app-{number % WORKLOADS:02}"
        census["names"].append(
            {
                "runtime": "containerd-cri",
                "id": identity,
                "space": space,
                "container": workload,
                "pod": f"{workload}-{node:03}-{number:03}",
                "namespace": f"team-{number % NAMESPACES}",
                "pod_uid": "",
                "image": f"images/{workload}:1.{node % 3}",
                "compose_project": "",
                "compose_service": "",
                "sandbox": False,
                "labels": [],
            }
        )


def move(record, dice):
    census = record["census"]
    change = 0
    for process in census["processes"]:
        if process["descriptors"] is None or not process["by_type_known"]:
            continue
        step = process["files"] // 20
        change_here = dice.randint(-step, step)
        change += change_here
        process["files"] += change_here
        # Of one type, of which there are enough.
        kinds = [kind for kind in process["by_type"] if kind["count"] > step]
        if not kinds:
            change -= change_here
            process["files"] -= change_here
            continue
        kinds[0]["count"] += change_here
        process["descriptors"] += change_here
        process["table_descriptors"] += change_here
    for readings in (census["readings"], record["pools"]["readings"]):
        for reading in readings:
            if reading["resource"] == "open_files" and reading["used"] is not None:
                reading["used"] += change


def main():
    recording, folder, nodes, looks = sys.argv[1:]
    with open(recording, encoding="utf-8") as file:
        first = json.loads(file.readline())
    old_ids = {
        placement["container"]["id"]
        for placement in first["census"]["placements"]
        if placement["container"] is not None
    }
    for node in range(int(nodes)):
        dice = random.Random(node)
        record = rename(first, {old: new_id(dice) for old in sorted(old_ids)})
        name_pods(record["census"], node)
        with open(f"{folder}/node-{node:03}.json", "w", encoding="utf-8") as file:
            for _ in range(int(looks)):
                look = copy.deepcopy(record)
                move(look, dice)
                file.write(json.dumps(look, separators=(",", ":")) + "\n")


main()
