"""Modules in which somebody may more than he needs: in the cluster, by a role, or past a condition."""

from __future__ import annotations

from collections.abc import Iterator

from tests.nets.weakenings.module import ModuleWeakening

_CLUSTER, _NAMESPACE, _ACCOUNT = (
    '          "aws:RequestTag/eks-cluster-arn"            = local.cluster_arn\n',
    '          "aws:RequestTag/kubernetes-namespace"       = ',
    '          "aws:RequestTag/kubernetes-service-account" = each.value.service_account\n',
)
_SOURCE = '      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }\n'


def _pods() -> Iterator[ModuleWeakening]:
    for file, namespace in (("eks-components/main.tf", "each.value.namespace"), ("eks/iam.tf", '"kube-system"')):
        name, line = file.partition("/")[0], f"{_NAMESPACE}{namespace}\n"
        everything = (
            f"      Condition = {{\n        StringEquals = {{\n{_CLUSTER}{line}{_ACCOUNT}        }}\n      }}\n"
        )
        yield ModuleWeakening(f"{name}: any pod of the account enters a role", file, everything)
        yield ModuleWeakening(f"{name}: pods of any cluster enter a role", file, _CLUSTER)
        yield ModuleWeakening(f"{name}: pods of any namespace enter a role", file, line)
        yield ModuleWeakening(f"{name}: any service account enters a role", file, _ACCOUNT)
        yield ModuleWeakening(f"{name}: a condition that every pod meets", file, "= local.cluster_arn", '= "*"')
        # In a list it would stand beside the pods.
        service = 'Service = "pods.eks.amazonaws.com"'
        more = 'Service = ["pods.eks.amazonaws.com", "lambda.amazonaws.com"]'
        yield ModuleWeakening(f"{name}: functions enter the roles of pods", file, service, more)


def _controller() -> Iterator[ModuleWeakening]:
    file = "eks-components/load_balancer_controller.tf"
    for sid, condition in (
        ("ManageOwnSecurityGroups", "local.made_here"),
        ("LetLoadBalancersReachTheNodes", "local.cluster_owns"),
        ("CreateLoadBalancersAndTargetGroups", "local.asked_here"),
        ("ManageOwnLoadBalancersAndTargetGroups", "local.made_here"),
    ):
        end = f'Condition = {condition}\n    }},\n    {{\n      Sid{_SPACES[sid]}= "{_NEXT[sid]}"'
        name = f"eks-components: {sid} of everybody's"
        yield ModuleWeakening(name, file, end, end.partition("\n")[2])
    tag = '"aws:ResourceTag/elbv2.k8s.aws/cluster" = var.cluster_name'
    yield ModuleWeakening("eks-components: tags that anything meets", file, tag, tag.replace("var.cluster_name", '"*"'))
    yield ModuleWeakening(
        "eks-components: a condition that says nothing",
        file,
        f"made_here    = {{ StringEquals = {{ {tag} }} }}",
        'made_here    = { Bool = { "aws:SecureTransport" = "true" } }',
    )
    region = '"aws:RequestedRegion" = local.region'
    yield ModuleWeakening("eks-components: tags of the region only", file, tag, region)


_SPACES = {
    "ManageOwnSecurityGroups": "       ",
    "LetLoadBalancersReachTheNodes": "       ",
    "CreateLoadBalancersAndTargetGroups": "      ",
    "ManageOwnLoadBalancersAndTargetGroups": "      ",
}
_NEXT = {
    "ManageOwnSecurityGroups": "LetLoadBalancersReachTheNodes",
    "LetLoadBalancersReachTheNodes": "CreateLoadBalancersAndTargetGroups",
    "CreateLoadBalancersAndTargetGroups": "TagThemWhileCreating",
    "ManageOwnLoadBalancersAndTargetGroups": "CreateListenersAndRules",
}


def _entering() -> Iterator[ModuleWeakening]:
    file = "eks/access.tf"
    for role, arn, before, after in (
        ("FlowableUserRole", "flowable_user", '"AmazonEKSViewPolicy"', '"AmazonEKSAdminViewPolicy"'),
        ("FlowableUserRole", "flowable_user", '"AmazonEKSViewPolicy"', '"AmazonEKSEditPolicy"'),
        ("FlowableAdminRole", "flowable_admin", '"AmazonEKSAdminPolicy"', '"AmazonEKSClusterAdminPolicy"'),
        ("FlowopsPlanRole", "flowops_plan", '""', '"AmazonEKSViewPolicy"'),
        ("FlowopsPlanRole", "flowops_plan", '""', '"AmazonEKSAdminViewPolicy"'),
    ):
        line = f"{{ arn = var.{arn}_role_arn, policy = "
        yield ModuleWeakening(f"eks: {role} has {after.strip(chr(34))}", file, line + before, line + after)
    for role, policy in (("FlowableAdminRole", "AmazonEKSAdminPolicy"), ("FlowableUserRole", "AmazonEKSViewPolicy")):
        line = f'policy = "{policy}", namespaces = '
        yield ModuleWeakening(f"eks: {role} in all namespaces", file, f"{line}[var.namespace]", f"{line}[]")
        more = f'{line}[var.namespace, "kube-system"]'
        yield ModuleWeakening(f"eks: {role} in kube-system too", file, f"{line}[var.namespace]", more)
    masters = ('groups = ["flowops-plan"]', 'groups = ["flowops-plan", "cluster-operators"]')
    yield ModuleWeakening("eks: FlowopsPlanRole in another group", file, *masters)
    scope = ('length(each.value.namespaces) > 0 ? "namespace" : "cluster"', '"cluster"')
    yield ModuleWeakening("eks: every policy in the whole cluster", file, *scope)
    last = 'policy = "", namespaces = [], groups = ["flowops-plan"] }\n'
    another = '    Auditor = { arn = "*", policy = "AmazonEKSViewPolicy", namespaces = [], groups = [] }\n'
    yield ModuleWeakening("eks: somebody else enters", file, last, last + another)


ACCESS = (
    *_pods(),
    *_controller(),
    *_entering(),
    ModuleWeakening(
        "eks: nodes administer the account",
        "eks/iam.tf",
        '"AmazonEKSWorkerNodePolicy", ',
        '"AmazonEKSWorkerNodePolicy", "AdministratorAccess", ',
    ),
    ModuleWeakening(
        "eks: nodes have the rights of the network add-on",
        "eks/iam.tf",
        '"AmazonEKSWorkerNodePolicy", ',
        '"AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", ',
    ),
    ModuleWeakening(
        "eks: an add-on has every right over volumes and instances",
        "eks/iam.tf",
        "service-role/AmazonEBSCSIDriverPolicy",
        "AmazonEC2FullAccess",
    ),
    ModuleWeakening(
        "eks: the control plane is a power user", "eks/iam.tf", "AmazonEKSClusterPolicy", "PowerUserAccess"
    ),
    ModuleWeakening(
        "eks-components: every key of the account opens",
        "eks-components/external_secrets.tf",
        "        StringLike = {\n"
        '          "kms:EncryptionContext:SecretARN" = '
        '"arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:rds!*"\n        }\n',
    ),
    ModuleWeakening(
        "eks-components: a role of every service",
        "eks-components/load_balancer_controller.tf",
        'role/aws-service-role/elasticloadbalancing.amazonaws.com/*"\n'
        '      Condition = { StringEquals = { "iam:AWSServiceName" = "elasticloadbalancing.amazonaws.com" } }\n',
        'role/aws-service-role/*"\n',
    ),
    ModuleWeakening("efs: backups for any account enter the role", "efs/main.tf", _SOURCE),
    ModuleWeakening("vpc: flow logs of any account enter the role", "vpc/flow_logs.tf", _SOURCE),
    ModuleWeakening("rds-postgres: metrics of any account enter the role", "rds-postgres/monitoring.tf", _SOURCE),
    ModuleWeakening("rds-oracle: metrics of any account enter the role", "rds-oracle/monitoring.tf", _SOURCE),
    ModuleWeakening(
        "opensearch: anybody's domain writes the logs",
        "opensearch/logs.tf",
        "      Condition = {\n"
        '        StringEquals = { "aws:SourceAccount" = local.account_id }\n'
        '        ArnEquals    = { "aws:SourceArn" = local.domain_arn }\n'
        "      }\n",
    ),
    ModuleWeakening(
        "opensearch: any domain of the account writes the logs",
        "opensearch/logs.tf",
        '        ArnEquals    = { "aws:SourceArn" = local.domain_arn }\n',
    ),
    ModuleWeakening(
        "flowable-app: the repository's password in the state",
        "flowable-app/main.tf",
        '  chart     = "flowable/${var.chart_name}"\n',
        '  chart     = "flowable/${var.chart_name}"\n\n  repository_password = var.registry\n',
    ),
    ModuleWeakening(
        "eks-components: one role for all environments of an account",
        "eks-components/main.tf",
        '"external-secrets-${var.environment}"',
        '"external-secrets"',
    ),
)
