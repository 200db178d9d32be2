"""Brings the Node objects of a cluster in line with its node groups."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowops.rehearsal.kubernetes.api import Api
from flowops.rehearsal.kubernetes.wanted import Node

GROUP_LABEL = "eks.amazonaws.com/nodegroup"
_GIVEN = "rehearsal/given"
_NODES = "/api/v1/nodes"


def bring_in_line(api: Api, wanted: Sequence[Node]) -> None:
    """Add the nodes that are missing, take away those too many, and give the others their labels and taints.

    Nodes that belong to no node group are somebody else's.
    """
    there = {it["metadata"]["name"]: it for it in api.get(f"{_NODES}?labelSelector={quote(GROUP_LABEL)}")["items"]}
    for node in wanted:
        if node.name not in there:
            api.create(_NODES, _document(node))
        else:
            _change(api, node, there[node.name]["metadata"].get("annotations", {}).get(_GIVEN, ""))
    for name in there.keys() - {node.name for node in wanted}:
        _remove(api, name)


def _document(node: Node) -> dict[str, Any]:
    return {
        "metadata": {"name": node.name, "labels": dict(node.labels), "annotations": {_GIVEN: _given(node)}},
        "spec": {"providerID": node.provider_id, "taints": [dict(taint) for taint in node.taints]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": node.address},
                {"type": "InternalDNS", "address": node.name},
                {"type": "Hostname", "address": node.name},
            ],
            "capacity": dict(node.capacity),
            "allocatable": dict(node.capacity),
            "nodeInfo": _info(node),
        },
    }


def _info(node: Node) -> dict[str, str]:
    known = {"architecture": node.labels["kubernetes.io/arch"], "operatingSystem": "linux"}
    others = ("bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "machineID", "osImage")
    return {**known, **dict.fromkeys((*others, "systemUUID"), "emulated"), "kubeletVersion": node.version}


def _given(node: Node) -> str:
    return json.dumps({"labels": dict(node.labels), "taints": [dict(it) for it in node.taints]}, sort_keys=True)


def _change(api: Api, node: Node, before: str) -> None:
    """Change the labels and taints of a node that got others `before`; what people gave it themselves stays."""
    if before == _given(node):
        return
    old: Mapping[str, str] = json.loads(before)["labels"] if before else {}
    labels = {**dict.fromkeys(old), **node.labels}
    metadata = {"labels": labels, "annotations": {_GIVEN: _given(node)}}
    api.merge(f"{_NODES}/{node.name}", {"metadata": metadata, "spec": {"taints": [dict(it) for it in node.taints]}})


def _remove(api: Api, name: str) -> None:
    """Take a node away as a node group does: nothing new comes to it, and what is on it has to go."""
    api.merge(f"{_NODES}/{name}", {"spec": {"unschedulable": True}})
    for pod in api.get(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{name}")["items"]:
        namespace, pod_name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        api.delete(f"/api/v1/namespaces/{namespace}/pods/{pod_name}?gracePeriodSeconds=0")
    api.delete(f"{_NODES}/{name}")
