#!/usr/bin/python3
"""What kubelet makes of the DaemonSet for the Container Runtime Interface: POD.json of cri.py.

usage: pod.py BASE VOLUMES IMAGE MORE_CONFIG [FOLDER=ANOTHER]...

BASE is deploy/kubernetes/base. Volumes are made in VOLUMES. MORE_CONFIG, YAML, is added to the configuration. In
the place of FOLDER of the host, and what is below it, ANOTHER is mounted.
"""
import json
import os
import stat
import sys

import yaml

# What kubelet hides and protects in every container that does not ask for another ProcMount.
MASKED = ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
          "/sys/devices/virtual/powercap"]
PROTECTED = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

IS_OF_TYPE = {"Directory": stat.S_ISDIR, "File": stat.S_ISREG}


def documents(base, name):
    with open(os.path.join(base, name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def host_path(volume, others):
    path, kind = volume["path"], volume["type"]
    for folder, another in others.items():
        if path == folder or path.startswith(folder + "/"):
            path = another + path.removeprefix(folder)
            break
    if not IS_OF_TYPE[kind](os.stat(path).st_mode):
        sys.exit(f"kubelet would not mount {path}: it is no {kind}")
    return path


def make_volume(volume, base, volumes, more_config, others):
    if "hostPath" in volume:
        return host_path(volume["hostPath"], others)
    path = os.path.join(volumes, volume["name"])
    os.mkdir(path)
    if "emptyDir" in volume:
        os.chmod(path, 0o777)
    elif "configMap" in volume:
        generator = documents(base, "kustomization.yaml")["configMapGenerator"][0]
        for name in generator["files"]:
            with open(os.path.join(base, name), encoding="utf-8") as source:
                text = source.read() + more_config
            with open(os.path.join(path, name), "w", encoding="utf-8") as file:
                file.write(text)
    else:
        sys.exit(f"not known here: {volume}")
    return path


def security_context(context):
    if context["runAsNonRoot"] and context["runAsUser"] == 0:
        sys.exit("kubelet would not start root where runAsNonRoot is set")
    return {
        "capabilities": {"add_capabilities": context["capabilities"]["add"],
                         "drop_capabilities": context["capabilities"]["drop"]},
        "run_as_user": {"value": context["runAsUser"]},
        "run_as_group": {"value": context["runAsGroup"]},
        "readonly_rootfs": context["readOnlyRootFilesystem"],
        "no_new_privs": not context["allowPrivilegeEscalation"],
        "seccomp": {"profile_type": context["seccompProfile"]["type"]},
        "masked_paths": MASKED,
        "readonly_paths": PROTECTED,
    }


def main():
    base, volumes, image, more_config, *rest = sys.argv[1:]
    others = dict(one.split("=", 1) for one in rest)
    pod = documents(base, "daemonset.yaml")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    paths = {volume["name"]: make_volume(volume, base, volumes, more_config, others)
             for volume in pod["volumes"]}
    memory = container["resources"]["limits"]["memory"]
    json.dump({
        "image": image,
        "command": [],
        "host_pid": pod["hostPID"],
        "config": {
            "args": container["args"],
            "mounts": [{"container_path": mount["mountPath"], "host_path": paths[mount["name"]],
                        "readonly": mount.get("readOnly", False)} for mount in container["volumeMounts"]],
            "linux": {
                "resources": {"memory_limit_in_bytes": int(memory.removesuffix("Mi")) * 2**20},
                "security_context": security_context(container["securityContext"]),
            },
        },
    }, sys.stdout)


main()
