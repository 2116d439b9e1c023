#!/usr/bin/env python3
"""What the rules of deploy/prometheus name exists.

usage: rule_names.py KCOMMONS ROOT

Metrics and their labels in `kcommons list-metrics`, resources in `kcommons list-resources`, runbooks in
deploy/README.md; and each alert is looked at by the tests in rules/, when it fires and when it does not.
"""
import pathlib
import re
import subprocess
import sys

import yaml

# What targets have, here or at somebody's.
TARGET_LABELS = {"cluster", "job", "instance"}
# Not of kcommons, and the external label of prometheus.yml.
OTHER_METRICS = {"up": set()}
EXTERNAL_LABEL = "kcommons_docs"

wrong = []


def table(kcommons, command):
    """The rows of a Markdown table that the program prints, as lists of cells."""
    text = subprocess.run([kcommons, command], check=True, capture_output=True, text=True).stdout
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def rules_of(root):
    for path in sorted(root.glob("deploy/prometheus/rules/*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def check(condition, where, text):
    if not condition:
        wrong.append(f"{where}: {text}")


def check_selector(where, metric, selector, labels):
    without_strings = re.sub(r'\\?"(?:[^"\\]|\\[^"])*\\?"', '""', selector)
    for label in re.findall(r"([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)", without_strings):
        check(label in labels, where, f"{metric} has no label {label}")


def check_text(where, text, metrics, resources):
    every_label = TARGET_LABELS.union(*metrics.values())
    names = re.finditer(r"(?<![\w:.])((?:pool:)?kcommons_[\w:]+|up(?=\{))(\{[^}]*\})?", text)
    for match in names:
        name, selector = match.groups()
        if name == EXTERNAL_LABEL:
            continue
        check(name in metrics, where, f"there is no metric {name}")
        check_selector(where, name, selector or "", metrics.get(name, set()) | TARGET_LABELS)
    for listed in re.findall(r"\b(?:by|on|without|ignoring|group_left)\s*\(([^)]*)\)", text):
        for label in filter(None, (part.strip() for part in listed.split(","))):
            check(label in every_label, where, f"no metric has a label {label}")
    for label in re.findall(r'(?:\.Labels|\$labels)\.(\w+)|sortByLabel "(\w+)"|(\w+)=%q', text):
        check("".join(label) in every_label, where, f"no metric has a label {''.join(label)}")
    for values in re.findall(r'resource(?:=~|!~|!=|=)\\?"([\w|]+)\\?"', text):
        for resource in values.split("|"):
            check(resource in resources, where, f"there is no resource {resource}")


def check_alert(rule, readme):
    where = rule["alert"]
    check(rule["labels"]["severity"] in ("critical", "warning"), where, "severity is another")
    for name in ("summary", "description", "runbook_url"):
        check(name in rule["annotations"], where, f"there is no annotation {name}")
    anchor = rule["annotations"]["runbook_url"].rpartition("#")[2]
    check(anchor == where.lower(), where, f"its runbook is {anchor}")
    headings = {heading.strip().lower() for heading in re.findall(r"^#+ (.*)$", readme, re.M)}
    check(anchor in headings, where, f"deploy/README.md has no heading {where}")


def check_is_tested(alert, tests):
    """It fires in one test, with its annotations, and does not in others."""
    of_alert = [one for test in tests for one in test.get("alert_rule_test", [])
                if one["alertname"] == alert]
    of_expression = [one for test in tests for one in test.get("promql_expr_test", [])
                     if f'alertname="{alert}"' in one["expr"]]
    check(any(one.get("exp_alerts") for one in of_alert), alert, "no test has it firing")
    check(any(not one.get("exp_alerts") for one in of_alert) or
          any(not one.get("exp_samples") for one in of_expression), alert, "no test has it quiet")
    check(of_expression, alert, "no test asks which of several it fires for")


def main():
    kcommons, root = sys.argv[1], pathlib.Path(sys.argv[2])
    metrics = {quoted(row[0])[0]: set(quoted(row[2])) for row in table(kcommons, "list-metrics")}
    resources = {quoted(row[0])[0] for row in table(kcommons, "list-resources")}
    metrics.update(OTHER_METRICS)
    rules = list(rules_of(root))
    for rule in rules:
        if "record" in rule:
            of = re.search(r"kcommons_\w+", rule["record"])[0]
            check(of in metrics, rule["record"], f"there is no metric {of}")
            metrics[rule["record"]] = metrics.get(of, set())
    readme = (root / "deploy/README.md").read_text()
    tests = [test for path in root.glob("tests/deploy/rules/*.yml")
             for test in yaml.safe_load(path.read_text())["tests"]]
    for rule in rules:
        where = rule.get("alert") or rule["record"]
        for text in (rule["expr"], *rule.get("annotations", {}).values()):
            check_text(where, text, metrics, resources)
        if "alert" in rule:
            check_alert(rule, readme)
            check_is_tested(rule["alert"], tests)
    if wrong:
        sys.exit("\n".join(dict.fromkeys(wrong)))
    print(f"{len(rules)} rules, {len(metrics)} metrics: every name exists, every alert is tested")


main()
