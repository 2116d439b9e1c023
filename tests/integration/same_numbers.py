"""What the API and the page say of one snapshot is what /metrics says of it, number by number.

same_numbers.py METRICS POOLS HOLDERS CONTAINERS USERS PAGE: files of one snapshot; HOLDERS by
container, PAGE the overview with its table of containers.
"""

import html
import json
import re
import sys
import urllib.parse

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


def number_of(text):
    digits = re.sub(r"<[^>]*>", "", text).replace(",", "").strip()
    return int(digits) if digits.isdigit() else None


def pools_of_page(page):
    """{(resource, userns, uid): used} of the list of pools."""
    found = {}
    for block in re.findall(r'<details class="pool.*?</summary>.*?</details>', page, re.S):
        query = re.search(r'href="/pool\?([^"#]*)', block)[1]
        of = dict(urllib.parse.parse_qsl(html.unescape(query)))
        amount = re.search(r'<span class="amount">([^<]*)', block)[1]
        found[of["resource"], of.get("userns", ""), of.get("uid", "")] = number_of(amount)
    return found


def containers_of_page(page):
    """{id: {heading: number}} of the table of containers."""
    table = re.search(r'<section id="holders".*?</section>', page, re.S)[0]
    heads = [re.sub(r"<[^>]*>", "", head) for head in re.findall(r"<th scope=\"col\".*?</th>", table)]
    found = {}
    for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", table, re.S):
        link = re.search(r'href="/holder\?container_id=([^"&]*)', row)
        if not link:
            continue
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        found[urllib.parse.unquote(link[1])] = dict(zip(heads[1:], map(number_of, cells)))
    return found


def held_of(container, resource):
    """Of all pools of a resource; of namespaces within each other, the outermost."""
    return sum(holding["used"] for holding in container["holdings"]
               if holding["resource"] == resource and holding["userns"] in ("", "initial"))


def is_on_page(page, pools, containers):
    said = pools_of_page(page)
    told = {tuple(pool_of(pool).values()): pool["used"] for pool in pools["pools"]}
    wrong = {key: (value, told.get(key)) for key, value in said.items() if told.get(key) != value}
    by_id = {container["container_id"]: container for container in containers["containers"]}
    rows = containers_of_page(page)
    for key, row in rows.items():
        container = by_id[key]
        api = {"Open files": held_of(container, "open_files"),
               "Inotify instances": held_of(container, "inotify_instances"),
               "Inotify watches": held_of(container, "inotify_watches"),
               "Descriptors": container["workload"]["descriptors"]
               + container["runtime_part"]["descriptors"],
               "Processes": container["workload"]["processes"]
               + container["runtime_part"]["processes"]}
        for name, value in api.items():
            if row[name] != value:
                wrong[key, name] = (row[name], value)
    for key, (page_says, api_says) in list(wrong.items())[:5]:
        print(f"page: {key}: the page says {page_says}, the API {api_says}")
    print(f"page: {len(said)} pools and {len(rows)} containers compared")
    return not wrong and bool(said) and bool(rows)


def main(metrics, pools, holders, containers, users, page):
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
        is_on_page(open(page, encoding="utf-8").read(), pools, containers),
    ]
    return 0 if all(results) else 1


sys.exit(main(*sys.argv[1:]))
