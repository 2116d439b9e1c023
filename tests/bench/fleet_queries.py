"""How long Prometheus takes for every expression of the dashboards.

    fleet_queries.py URL MINUTES FOLDER

Asked as the dashboards ask when they are opened for the last MINUTES: "fleet" of all nodes, "node" of
one, "container" of one pod on one node; three times each, of which the median counts. Prints a row for
each dashboard and then the slowest expressions. An expression that fails ends it with status 1.
"""

import json
import pathlib
import re
import statistics
import sys
import time
import urllib.parse
import urllib.request

ASKED = 3
SLOWEST = 5
STEP_SECONDS = 15
MOST_POINTS = 1000  # as wide as a panel is


class Prometheus:
    def __init__(self, url):
        self.url = url

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=120) as answer:
            return json.load(answer)["data"]["result"]


def some_container(prometheus):
    """The labels of one container that has a pod."""
    found = prometheus.ask("query", query='topk(1, kcommons_container_processes{pod!=""})')
    return found[0]["metric"]


def chosen(name, dashboard, container):
    """What a person has chosen: of the whole fleet, of a node, or of a pod."""
    one = {"node": container["instance"]}
    if dashboard == "container":
        one |= {key: container[key] for key in ("namespace", "pod", "container")}
    if dashboard != "fleet" and name in one:
        return re.escape(one[name])
    return ".*"


def with_values(expression, dashboard, container, window):
    fixed = {
        "__rate_interval": "1m",
        "__interval": f"{STEP_SECONDS}s",
        "__range": f"{window}s",
        "__range_s": str(window),
    }

    def value(match):
        name = match.group(1) or match.group(2)
        return fixed.get(name) or chosen(name, dashboard, container).replace("\\", "\\\\")

    return re.sub(r"\$(?:\{(\w+)[^}]*\}|(\w+))", value, expression)


def panels_of(panels):
    for panel in panels:
        yield panel
        yield from panels_of(panel.get("panels", []))


def seconds(prometheus, target, expression, window):
    now = time.time()
    begun = time.monotonic()
    if target.get("instant"):
        prometheus.ask("query", query=expression, time=now)
    else:
        step = max(STEP_SECONDS, window // MOST_POINTS)
        prometheus.ask("query_range", query=expression, start=now - window, end=now, step=step)
    return time.monotonic() - begun


def main():
    url, minutes, folder = sys.argv[1:]
    window = int(minutes) * 60
    prometheus = Prometheus(url)
    container = some_container(prometheus)
    timed = []
    print("| dashboard | expressions | all, one after the other, ms | slowest, ms |\n| --- | ---: | ---: | ---: |")
    for file in sorted(pathlib.Path(folder).glob("*.json")):
        dashboard = json.loads(file.read_text(encoding="utf-8"))
        mine = []
        for panel in panels_of(dashboard["panels"]):
            for target in panel.get("targets", []):
                expression = with_values(target["expr"], file.stem, container, window)
                took = statistics.median(
                    seconds(prometheus, target, expression, window) for _ in range(ASKED)
                )
                mine.append((took, file.stem, panel.get("title", "")))
        print(
            f"| {file.stem} | {len(mine)} | {sum(row[0] for row in mine) * 1000:.0f} "
            f"| {max(mine)[0] * 1000:.0f} |"
        )
        timed += mine
    print("\n| slowest panels | ms |\n| --- | ---: |")
    for took, dashboard, title in sorted(timed, reverse=True)[:SLOWEST]:
        print(f"| {dashboard}: {title} | {took * 1000:.0f} |")


main()
