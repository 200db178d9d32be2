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
  ]
}
