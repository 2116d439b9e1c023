#!/usr/bin/python3
"""Runs a pod with one container, or removes one, by the Container Runtime Interface, as kubelet does.

usage: cri.py SOCKET run POD.json | cri.py SOCKET remove SANDBOX

POD.json has namespace, pod, uid, container, image, command (a list), cgroup_parent and logs (a
folder, in which the container's output is called CONTAINER.log), and may have config, more of the message
ContainerConfig. The pod shares the network of the host, so that no plugin of the network is needed, and
with host_pid, true, its PIDs. Prints two lines: the id of the sandbox and that
of the container. The compiled cri.proto, cri_pb2, must be on PYTHONPATH.
"""
import json
import sys

import cri_pb2 as cri
import grpc
from google.protobuf import json_format

TIMEOUT_SECONDS = 30


class Runtime:
    """The runtime's end of the interface; a call is named as in the interface."""

    def __init__(self, socket):
        self._channel = grpc.insecure_channel(f"unix://{socket}")

    def call(self, name, **fields):
        method = self._channel.unary_unary(
            f"/runtime.v1.RuntimeService/{name}",
            request_serializer=getattr(cri, f"{name}Request").SerializeToString,
            response_deserializer=getattr(cri, f"{name}Response").FromString,
        )
        request = getattr(cri, f"{name}Request")(**fields)
        return method(request, timeout=TIMEOUT_SECONDS)


def namespaces(pod):
    return cri.NamespaceOption(
        network=cri.NODE, pid=cri.NODE if pod.get("host_pid") else cri.CONTAINER
    )


def sandbox_config(pod):
    return cri.PodSandboxConfig(
        metadata=cri.PodSandboxMetadata(
            name=pod["pod"], uid=pod["uid"], namespace=pod["namespace"]
        ),
        log_directory=pod["logs"],
        labels={
            "io.kubernetes.pod.name": pod["pod"],
            "io.kubernetes.pod.namespace": pod["namespace"],
            "io.kubernetes.pod.uid": pod["uid"],
        },
        linux=cri.LinuxPodSandboxConfig(
            cgroup_parent=pod["cgroup_parent"],
            security_context=cri.LinuxSandboxSecurityContext(namespace_options=namespaces(pod)),
        ),
    )


def container_config(pod):
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name=pod["container"]),
        image=cri.ImageSpec(image=pod["image"]),
        command=pod["command"],
        labels={"io.kubernetes.container.name": pod["container"]},
        log_path=f"{pod['container']}.log",
        linux=cri.LinuxContainerConfig(
            security_context=cri.LinuxContainerSecurityContext(namespace_options=namespaces(pod))
        ),
    )
    more = json_format.ParseDict(pod.get("config", {}), cri.ContainerConfig())
    config.MergeFrom(more)
    return config


def run(runtime, path):
    with open(path, encoding="utf-8") as file:
        pod = json.load(file)
    sandbox = sandbox_config(pod)
    sandbox_id = runtime.call("RunPodSandbox", config=sandbox).pod_sandbox_id
    container_id = runtime.call(
        "CreateContainer",
        pod_sandbox_id=sandbox_id,
        config=container_config(pod),
        sandbox_config=sandbox,
    ).container_id
    runtime.call("StartContainer", container_id=container_id)
    print(sandbox_id, container_id, sep="\n")


# One that still runs cannot be removed. Its containers go with it.
def remove(runtime, sandbox_id):
    runtime.call("StopPodSandbox", pod_sandbox_id=sandbox_id)
    runtime.call("RemovePodSandbox", pod_sandbox_id=sandbox_id)


def main():
    socket, action, argument = sys.argv[1:]
    {"run": run, "remove": remove}[action](Runtime(socket), argument)


if __name__ == "__main__":
    main()
