locals {
  external_secrets_statements = [
    {
      Sid      = "ReadRepositoryAndLicense"
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Resource = [var.repository_secret_arn, var.license_secret_arn]
    },
    {
      Sid      = "DecryptThemThroughSecretsManager"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = distinct([var.secrets_key_arn, var.license_key_arn])
      Condition = {
        StringEquals = {
          "kms:ViaService" = distinct([for arn in [var.repository_secret_arn, var.license_secret_arn] : "secretsmanager.${split(":", arn)[3]}.amazonaws.com"])
        }
      }
    },
    {
      Sid      = "ReadMasterSecretsOfTheDatabases"
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Resource = "arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:rds!*"
      # RDS puts this tag on the secret of a database that it manages.
      Condition = {
        StringLike = {
          "aws:ResourceTag/aws:rds:primaryDBInstanceArn" = "arn:${local.partition}:rds:${local.region}:${local.account_id}:db:${var.name}-*"
        }
      }
    },
    {
      Sid      = "DecryptMasterSecretsThroughSecretsManager"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = "arn:${local.partition}:kms:${local.region}:${local.account_id}:key/*"
      Condition = {
        StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" }
        StringLike = {
          "kms:EncryptionContext:SecretARN" = "arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:rds!*"
        }
      }
    },
  ]

  # It sees and writes Secrets of Flowable's namespace only. The chart's own security contexts are as tight as ours.
  external_secrets_values = {
    fullnameOverride = "external-secrets"
    installCRDs      = true

    scopedNamespace              = var.namespace
    scopedRBAC                   = true
    processClusterExternalSecret = false
    processClusterGenerator      = false
    processClusterPushSecret     = false
    processClusterStore          = false
    processPushSecret            = false

    serviceAccount      = { create = true, name = local.components.external-secrets.service_account }
    replicaCount        = 2
    leaderElect         = true
    podDisruptionBudget = local.disruption
    resources           = { requests = { cpu = "20m", memory = "128Mi" }, limits = { memory = "512Mi" } }

    webhook = {
      replicaCount        = 2
      podDisruptionBudget = local.disruption
      resources           = { requests = { cpu = "10m", memory = "64Mi" }, limits = { memory = "256Mi" } }
    }

    certController = {
      resources = { requests = { cpu = "10m", memory = "128Mi" }, limits = { memory = "256Mi" } }
    }
  }
}
