locals {
  cluster_autoscaler_statements = [
    {
      Sid    = "SeeGroupsAndWhatTheirNodesOffer"
      Effect = "Allow"
      Action = [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ]
      Resource = "*"
    },
    {
      Sid      = "SeeNodeGroupsOfThisCluster"
      Effect   = "Allow"
      Action   = ["eks:DescribeNodegroup"]
      Resource = "arn:${local.partition}:eks:${local.region}:${local.account_id}:nodegroup/${var.cluster_name}/*/*"
    },
    {
      Sid      = "ScaleGroupsOfThisCluster"
      Effect   = "Allow"
      Action   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
      Resource = "arn:${local.partition}:autoscaling:${local.region}:${local.account_id}:autoScalingGroup:*:autoScalingGroupName/*"
      # EKS puts this tag on the groups of its managed node groups.
      Condition = { StringEquals = { "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.cluster_name}" = "owned" } }
    },
  ]

  cluster_autoscaler_values = {
    fullnameOverride = "cluster-autoscaler"
    cloudProvider    = "aws"
    awsRegion        = local.region
    autoDiscovery    = { clusterName = var.cluster_name }
    replicaCount     = 2
    extraArgs        = { balance-similar-node-groups = true, skip-nodes-with-system-pods = false }

    rbac = { serviceAccount = { create = true, name = local.components.cluster-autoscaler.service_account } }

    securityContext          = { runAsNonRoot = true, runAsUser = 65534, runAsGroup = 65534 }
    containerSecurityContext = local.container_security
    resources                = { requests = { cpu = "50m", memory = "256Mi" }, limits = { memory = "1Gi" } }
  }
}
