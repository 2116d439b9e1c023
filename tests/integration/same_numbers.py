"""What the API says of one snapshot is what /metrics says of it, number by number.

same_numbers.py METRICS POOLS HOLDERS CONTAINERS USERS: files of one snapshot; HOLDERS by container.
"""

import json
import re
import sys

LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def samples(path, name):
    """{labels: value} of a metric, its labels as a dictionary's items in order of their names."""
    found = {}
    for line in open(path, encoding="utf-8"):
        if not line.startswith(name + "{"):
            continue
        text, value = line.rsplit(" ", 1)
        labels = {key: re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), text)
                  for key, text in LABEL.findall(text)}
        found[frozenset(labels.items())] = float(value)
    return found


def keys(**labels):
    return frozenset(labels.items())


def compare(what, metrics, api):
    wrong = [(set(key), metrics.get(key), api.get(key)) for key in metrics.keys() | api.keys()
             if metrics.get(key) != api.get(key)]
    for labels, metric, answer in wrong[:5]:
        print(f"{what}: {sorted(labels)}: the metric is {metric}, the API says {answer}")
    if not metrics:
        print(f"{what}: there is no such metric, so nothing was compared")
    print(f"{what}: {len(metrics)} compared")
    return not wrong and bool(metrics)


def pool_of(entry):
    return {name: entry[name] for name in ("resource", "userns", "uid")}


def main(metrics, pools, holders, containers, users):
    load = lambda path: json.load(open(path, encoding="utf-8"))
    pools, holders, containers, users = map(load, (pools, holders, containers, users))
    used = {keys(**pool_of(pool)): pool["used"] for pool in pools["pools"]
            if pool["used"] is not None}
    held = {}
    for container in containers["containers"]:
        names = {name: container[name] for name in
                 ("container_id", "runtime", "container", "pod", "namespace")}
        for holding in container["holdings"]:
            held[keys(**pool_of(holding), role=holding["role"], **names)] = holding["used"]
    units, by_top = {}, {}
    for row in holders["rows"]:
        if row["who"]["kind"] == "host":
            units[keys(**pool_of(row), unit=row["who"]["unit"])] = row["used"]
        else:
            by_top[row["who"]["container_id"], *pool_of(row).values()] = row["used"]
    sums = {}
    for container in containers["containers"]:
        for holding in container["holdings"]:
            key = container["container_id"], *pool_of(holding).values()
            sums[key] = sums.get(key, 0) + holding["used"]
    if sums != by_top:
        print(f"containers and holders differ: {sums.items() ^ by_top.items()}")
    per_user = {keys(resource=use["resource"], uid=user["uid"], user=user["user"]): use["used"]
                for user in users["users"] for use in user["uses"] if use["limit"] is None
                and use["userns"] == "" and not use["unlimited"]}
    user_metric = samples(metrics, "kcommons_user_used")
    results = [
        compare("pools", samples(metrics, "kcommons_pool_used_at_census"), used),
        compare("containers", samples(metrics, "kcommons_container_used"), held),
        compare("units", samples(metrics, "kcommons_host_used"), units),
        compare("users", user_metric, {key: per_user.get(key) for key in user_metric}),
        sums == by_top,
    ]
    return 0 if all(results) else 1


sys.exit(main(*sys.argv[1:]))
