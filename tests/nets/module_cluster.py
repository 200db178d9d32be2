"""Rules over the modules of the cluster: who enters it, what its roles carry, and what its charts are told."""

from __future__ import annotations

from collections.abc import Iterator

from flowops.model.hcl import Block, Expression
from tests.nets.module_text import Module, text

_ENTERING = {
    "DevOpsAdminRole": ("var.devops_admin_role_arn", '"AmazonEKSClusterAdminPolicy"', "[]", "[]"),
    "FlowableAdminRole": ("var.flowable_admin_role_arn", '"AmazonEKSAdminPolicy"', "[var.namespace]", "[]"),
    "FlowableUserRole": ("var.flowable_user_role_arn", '"AmazonEKSViewPolicy"', "[var.namespace]", "[]"),
    "FlowopsPlanRole": ("var.flowops_plan_role_arn", '""', "[]", '["flowops-plan"]'),
}
"""Everybody who enters a cluster: ARN, access policy, the namespaces it holds in, and groups of Kubernetes."""
_HANDED_ON = {
    ("aws_eks_access_entry", ("kubernetes_groups",)): "each.value.groups",
    ("aws_eks_access_policy_association", ("policy_arn",)): (
        '"arn:${local.partition}:eks::aws:cluster-access-policy/${each.value.policy}"'
    ),
    ("aws_eks_access_policy_association", ("access_scope", "type")): (
        'length(each.value.namespaces) > 0 ? "namespace" : "cluster"'
    ),
    ("aws_eks_access_policy_association", ("access_scope", "namespaces")): "each.value.namespaces",
}
_CARRIED = {
    "cluster": {"AmazonEKSClusterPolicy"},
    "node": {"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"},
    "addon": {
        "AmazonEKS_CNI_Policy",
        "service-role/AmazonEBSCSIDriverPolicy",
        "service-role/AmazonEFSCSIDriverPolicy",
    },
    "backup": {
        "service-role/AWSBackupServiceRolePolicyForBackup",
        "service-role/AWSBackupServiceRolePolicyForRestores",
    },
    "monitoring": {"service-role/AmazonRDSEnhancedMonitoringRole"},
}
"""The policies of AWS's own that roles carry, by the name of the role in its module."""
_MANAGED = '"arn:${local.partition}:iam::aws:policy/'


def clusters_have_no_administrator_beside_their_access_entries(module: Module) -> bool:
    wanted = {"authentication_mode": '"API"', "bootstrap_cluster_creator_admin_permissions": "false"}
    clusters = module.resources("aws_eks_cluster")
    return all(text(it, "access_config", key) == value for it in clusters for key, value in wanted.items())


def each_role_enters_the_cluster_as_far_as_it_needs(module: Module) -> bool:
    if not module.resources("aws_eks_access_entry"):
        return True
    found = module.local("access")
    entering = {role: tuple(it.text for it in module.mapping(entry).values()) for role, entry in _entries(module)}
    handed_on = {key: [text(it, *key[1]) for it in module.resources(key[0])] for key in _HANDED_ON}
    return found is not None and entering == _ENTERING and handed_on == {key: [it] for key, it in _HANDED_ON.items()}


def roles_carry_the_policies_of_aws_that_they_need(module: Module) -> bool:
    attached = module.blocks("aws_iam_role_policy_attachment")
    return all({*_policies(module, it)} == _CARRIED.get(it.labels[1]) and _is_of(it) for it in attached)


def disks_of_nodes_are_encrypted(module: Module) -> bool:
    templates = module.resources("aws_launch_template")
    return all(text(it, "block_device_mappings", "ebs", "encrypted") == "true" for it in templates)


def charts_are_told_no_password(module: Module) -> bool:
    """What a release is told stands in the state."""
    names = ("repository_password", "repository_username", "repository_key_file")
    releases = module.resources("helm_release")
    return not any(text(it, name) for it in releases for name in names) and not any(
        it.of_type("set_sensitive") for it in releases
    )


def _entries(module: Module) -> Iterator[tuple[str, Expression]]:
    found = module.local("access")
    yield from (module.mapping(found) if found else {}).items()


def _policies(module: Module, attachment: Block) -> Iterator[str]:
    arn = text(attachment.body, "policy_arn").removeprefix(_MANAGED).removesuffix('"')
    each = attachment.body.attribute("for_each")
    if each is None:
        yield arn
        return
    held = module.mapping(each.expression)
    names = [it for entry in held.values() for it in module.literals(module.mapping(entry)["policy"])]
    for name in names or module.literals(each.expression):
        yield arn.replace("${each.key}", name).replace("${each.value.policy}", name)


def _is_of(attachment: Block) -> bool:
    return text(attachment.body, "role").startswith(f"aws_iam_role.{attachment.labels[1]}")
