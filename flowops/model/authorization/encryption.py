"""Keys that a service uses in the caller's name: KMS permissions behind calls of other services.

KMS Developer Guide, kms:ViaService and "Using encryption with other services"; the page of each service on its
encryption at rest says what the caller needs on a customer managed key. Calls without a key use an AWS managed one,
whose policy admits the whole account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.history import History

GRANT = ("kms:DescribeKey", "kms:CreateGrant")
SECRET = ("kms:GenerateDataKey", "kms:Decrypt")


@dataclass(frozen=True)
class Use:
    """Where a call names a key, which service uses it, and what the caller needs on it."""

    path: str
    via: str
    actions: tuple[str, ...] = GRANT


_VAULT = (*GRANT, "kms:GenerateDataKey", "kms:Decrypt", "kms:RetireGrant")
_VOLUME = (*GRANT, "kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt")
_MODIFIED_DATABASE = (
    Use("PerformanceInsightsKMSKeyId", "rds"),
    Use("MasterUserSecretKmsKeyId", "secretsmanager", (*GRANT, *SECRET)),
)
_DATABASE = (Use("KmsKeyId", "rds"), *_MODIFIED_DATABASE)

USES: Mapping[str, tuple[Use, ...]] = {
    "backup:CreateBackupVault": (Use("EncryptionKeyArn", "backup", _VAULT),),
    "dynamodb:CreateTable": (Use("SSESpecification.KMSMasterKeyId", "dynamodb", (*GRANT, *SECRET, "kms:Encrypt")),),
    "ec2:CreateVolume": (Use("KmsKeyId", "ec2", _VOLUME),),
    "ec2:RunInstances": (Use("BlockDeviceMappings[].Ebs.KmsKeyId", "ec2", _VOLUME),),
    "ecr:CreateRepository": (Use("encryptionConfiguration.kmsKey", "ecr", (*GRANT, "kms:RetireGrant")),),
    "eks:AssociateEncryptionConfig": (Use("encryptionConfig[].provider.keyArn", "eks"),),
    "eks:CreateCluster": (Use("encryptionConfig[].provider.keyArn", "eks"),),
    "elasticfilesystem:CreateFileSystem": (Use("KmsKeyId", "elasticfilesystem"),),
    "es:CreateDomain": (Use("EncryptionAtRestOptions.KmsKeyId", "es"),),
    "rds:CreateDBCluster": _DATABASE,
    "rds:CreateDBInstance": _DATABASE,
    "rds:ModifyDBCluster": _MODIFIED_DATABASE,
    "rds:ModifyDBInstance": _MODIFIED_DATABASE,
    "secretsmanager:CreateSecret": (Use("KmsKeyId", "secretsmanager", SECRET),),
    "secretsmanager:UpdateSecret": (Use("KmsKeyId", "secretsmanager", SECRET),),
    "ssm:PutParameter": (Use("KeyId", "ssm", ("kms:Encrypt",)),),
}

OF_SECRETS: Mapping[str, tuple[str, ...]] = {
    "secretsmanager:GetSecretValue": ("kms:Decrypt",),
    "secretsmanager:PutSecretValue": SECRET,
}
"""What reading and writing a value needs on the key that the secret was created with."""


def needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield what the caller needs on the keys that the call names."""
    for use in USES.get(call.action, ()):
        for key in call.texts(use.path):
            for action in use.actions:
                yield on_key(action, history.key_arn(call, key), call, use.via)
    key = history.secret_key(call.text("SecretId"))
    for action in OF_SECRETS.get(call.action, ()) if key else ():
        yield on_key(action, history.key_arn(call, key), call, "secretsmanager")


def on_key(action: str, key: str, call: Call, via: str, **context: str) -> Need:
    """Return a permission on a key that another service asks for in the caller's name.

    `context` is the encryption context, `aws__s3__arn` standing for `aws:s3:arn`.
    """
    encryption = {f"kms:encryptioncontext:{name.replace('__', ':')}": (value,) for name, value in context.items()}
    facts = {
        "kms:viaservice": (f"{via}.{call.region}.amazonaws.com",),
        "aws:viaawsservice": ("true",),
        **encryption,
    }
    # EKS User Guide, enable-kms: a policy that asks for this fact refuses CreateCluster its grant.
    if action == "kms:CreateGrant" and via != "eks":
        facts["kms:grantisforawsresource"] = ("true",)
    return Need(action, key, facts)
