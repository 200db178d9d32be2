"""What stands in the dev account of a rehearsal for the small tree, and what its states say of it.

Both are told in the same words, so that they can be compared: each resource by type and id, with what was wanted of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tests.e2e.aws import DEV, Rehearsed
from tests.e2e.small_tree import LAYER_OF, PREFIX

Things = Mapping[tuple[str, str], Mapping[str, Any]]
Documents = Mapping[str, Mapping[str, Any]]

_STATES = f"{DEV}/aws/non-prod/eu-central-1/dev"
_BY_LOT = ("create_date", "unique_id")
"""Attributes that AWS draws anew each time."""


def documents(rehearsed: Rehearsed) -> Documents:
    """Return the state of each unit of the tree, also where it holds nothing any more."""
    texts = rehearsed.states()
    keys = {name: f"{_STATES}/{layer}/{name}/terraform.tfstate" for name, layer in LAYER_OF.items()}
    return {name: json.loads(texts[key]) for name, key in keys.items() if key in texts}


def environment(states: Documents) -> Mapping[str, Any]:
    """Return addresses, attributes and outputs of each unit, without what is drawn by lot."""
    return {
        name: {
            "outputs": {key: it["value"] for key, it in document["outputs"].items()},
            "resources": {address: _lasting(it) for address, it in _instances(document)},
        }
        for name, document in states.items()
    }


def known(states: Documents) -> Things:
    """Return every resource that the states know."""
    found = {}
    for document in states.values():
        for address, attributes in _instances(document):
            type_ = address.partition(".")[0]
            found[type_, attributes["id"]] = _TOLD[type_](attributes)
    return found


def standing(rehearsed: Rehearsed) -> Things:
    """Return every resource that stands there under the tree's names."""
    ssm, sns, iam = (rehearsed.in_dev(it) for it in ("ssm", "sns", "iam"))
    return dict([*_parameters(ssm), *_topics(sns), *_roles(iam)])


def _instances(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in document["resources"]:
        for it in resource["instances"] if resource["mode"] == "managed" else ():
            key = f"[{it['index_key']}]" if "index_key" in it else ""
            assert it.get("status") != "tainted", f"{resource['type']}.{resource['name']}{key} is tainted"
            yield f"{resource['type']}.{resource['name']}{key}", it["attributes"]


def _lasting(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: it for name, it in attributes.items() if name not in _BY_LOT}


# -- what the states say ---------------------------------------------------------------------------------------------


def _parameter_told(it: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": it["insecure_value"], "type": it["type"], "version": it["version"], "tags": it["tags_all"]}


def _topic_told(it: Mapping[str, Any]) -> dict[str, Any]:
    return {"display_name": it["display_name"], "tags": it["tags_all"]}


def _role_told(it: Mapping[str, Any]) -> dict[str, Any]:
    names = ("arn", "description", "permissions_boundary", "unique_id")
    trust = json.loads(it["assume_role_policy"])
    return {**{name: it[name] for name in names}, "trust": trust, "tags": it["tags_all"]}


def _policy_told(it: Mapping[str, Any]) -> dict[str, Any]:
    return {"policy": json.loads(it["policy"])}


_TOLD: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws_ssm_parameter": _parameter_told,
    "aws_sns_topic": _topic_told,
    "aws_iam_role": _role_told,
    "aws_iam_role_policy": _policy_told,
}


# -- what AWS says ---------------------------------------------------------------------------------------------------


def _parameters(ssm: Any) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=f"/{PREFIX}"):
        for it in page["Parameters"]:
            tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=it["Name"])["TagList"]
            told = {"value": it["Value"], "type": it["Type"], "version": it["Version"], "tags": _tags(tags)}
            yield ("aws_ssm_parameter", it["Name"]), told


def _topics(sns: Any) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for page in sns.get_paginator("list_topics").paginate():
        for arn in (it["TopicArn"] for it in page["Topics"]):
            name = sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"]
            tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
            yield ("aws_sns_topic", arn), {"display_name": name, "tags": _tags(tags)}


def _roles(iam: Any) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for page in iam.get_paginator("list_roles").paginate(PathPrefix="/flowable/workload/"):
        for name in (it["RoleName"] for it in page["Roles"]):
            role = iam.get_role(RoleName=name)["Role"]
            told = {
                "arn": role["Arn"],
                "description": role["Description"],
                "permissions_boundary": role["PermissionsBoundary"]["PermissionsBoundaryArn"],
                "unique_id": role["RoleId"],
                "trust": _policy(role["AssumeRolePolicyDocument"]),
                "tags": _tags(role["Tags"]),
            }
            yield ("aws_iam_role", name), told
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                yield ("aws_iam_role_policy", f"{name}:{policy}"), {"policy": _policy(document)}


def _tags(listed: list[dict[str, str]]) -> dict[str, str]:
    return {it["Key"]: it["Value"] for it in listed}


def _policy(document: Any) -> Any:
    return json.loads(unquote(document)) if isinstance(document, str) else document
