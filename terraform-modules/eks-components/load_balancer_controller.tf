# The controller's published policy, with two things tightened: it changes only what carries this cluster's own tag,
# and it opens only security groups of this cluster.
locals {
  made_here    = { StringEquals = { "aws:ResourceTag/elbv2.k8s.aws/cluster" = var.cluster_name } }
  asked_here   = { StringEquals = { "aws:RequestTag/elbv2.k8s.aws/cluster" = var.cluster_name } }
  cluster_owns = { StringEquals = { "aws:ResourceTag/kubernetes.io/cluster/${var.cluster_name}" = "owned" } }

  ec2_arn = "arn:${local.partition}:ec2:${local.region}:${local.account_id}"
  elb_arn = "arn:${local.partition}:elasticloadbalancing:${local.region}:${local.account_id}"

  load_balancers                   = ["${local.elb_arn}:loadbalancer/app/*", "${local.elb_arn}:loadbalancer/net/*"]
  load_balancers_and_target_groups = concat(local.load_balancers, ["${local.elb_arn}:targetgroup/*"])
  listeners_and_rules              = ["${local.elb_arn}:listener/*", "${local.elb_arn}:listener-rule/*"]

  load_balancer_controller_statements = [
    {
      Sid       = "ServiceLinkedRole"
      Effect    = "Allow"
      Action    = ["iam:CreateServiceLinkedRole"]
      Resource  = "arn:${local.partition}:iam::${local.account_id}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"
      Condition = { StringEquals = { "iam:AWSServiceName" = "elasticloadbalancing.amazonaws.com" } }
    },
    {
      Sid    = "SeeNetworkLoadBalancersAndCertificates"
      Effect = "Allow"
      Action = [
        "acm:DescribeCertificate",
        "acm:ListCertificates",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstances",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ec2:DescribeVpcPeeringConnections",
        "ec2:DescribeVpcs",
        "ec2:GetSecurityGroupsForVpc",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeSSLPolicies",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeTrustStores",
      ]
      Resource = "*"
    },
    {
      Sid      = "CreateSecurityGroups"
      Effect   = "Allow"
      Action   = ["ec2:CreateSecurityGroup"]
      Resource = ["${local.ec2_arn}:security-group/*", "${local.ec2_arn}:vpc/*"]
    },
    {
      Sid      = "TagSecurityGroupsWhileCreating"
      Effect   = "Allow"
      Action   = ["ec2:CreateTags"]
      Resource = "${local.ec2_arn}:security-group/*"
      Condition = {
        StringEquals = merge(local.asked_here.StringEquals, { "ec2:CreateAction" = "CreateSecurityGroup" })
      }
    },
    {
      Sid       = "ManageOwnSecurityGroups"
      Effect    = "Allow"
      Action    = ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "ec2:DeleteSecurityGroup", "ec2:DeleteTags", "ec2:RevokeSecurityGroupIngress"]
      Resource  = "${local.ec2_arn}:security-group/*"
      Condition = local.made_here
    },
    {
      Sid       = "LetLoadBalancersReachTheNodes"
      Effect    = "Allow"
      Action    = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
      Resource  = "${local.ec2_arn}:security-group/*"
      Condition = local.cluster_owns
    },
    {
      Sid       = "CreateLoadBalancersAndTargetGroups"
      Effect    = "Allow"
      Action    = ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"]
      Resource  = local.load_balancers_and_target_groups
      Condition = local.asked_here
    },
    {
      Sid      = "TagThemWhileCreating"
      Effect   = "Allow"
      Action   = ["elasticloadbalancing:AddTags"]
      Resource = local.load_balancers_and_target_groups
      Condition = {
        StringEquals = merge(local.asked_here.StringEquals, { "elasticloadbalancing:CreateAction" = ["CreateLoadBalancer", "CreateTargetGroup"] })
      }
    },
    {
      Sid    = "ManageOwnLoadBalancersAndTargetGroups"
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyCapacityReservation",
        "elasticloadbalancing:ModifyIpPools",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
      ]
      Resource  = local.load_balancers_and_target_groups
      Condition = local.made_here
    },
    {
      Sid      = "CreateListenersAndRules"
      Effect   = "Allow"
      Action   = ["elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule"]
      Resource = concat(local.load_balancers, local.listeners_and_rules)
    },
    {
      Sid    = "ManageListenersAndRules"
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetRulePriorities",
      ]
      Resource = local.listeners_and_rules
    },
  ]

  load_balancer_controller_values = {
    fullnameOverride = "aws-load-balancer-controller"
    clusterName      = var.cluster_name

    # Pods cannot ask the metadata service: nodes let no more than one hop to it.
    region = local.region
    vpcId  = var.vpc_id

    serviceAccount      = { create = true, name = local.components.aws-load-balancer-controller.service_account }
    replicaCount        = 2
    podDisruptionBudget = { maxUnavailable = 1 }
    securityContext     = local.container_security
    resources           = { requests = { cpu = "50m", memory = "128Mi" }, limits = { memory = "512Mi" } }

    # Its role has no rights for them.
    enableShield = false
    enableWaf    = false
    enableWafv2  = false

    # It would refuse every Service of the cluster for as long as it does not run.
    enableServiceMutatorWebhook = false

    # Load balancers are made by it, out of reach of the provider.
    defaultTags       = merge(data.aws_default_tags.current.tags, var.tags)
    defaultTargetType = "ip"
    ingressClass      = "alb"

    ingressClassParams = {
      create = true
      name   = "alb"

      # The SSL policy is that of HTTPS listeners: an Ingress has one only where its annotation listen-ports says so.
      spec = {
        scheme                 = var.ingress_scheme
        sslPolicy              = "ELBSecurityPolicy-TLS13-1-2-2021-06"
        loadBalancerAttributes = [{ key = "routing.http.drop_invalid_header_fields.enabled", value = "true" }]
      }
    }
  }
}
