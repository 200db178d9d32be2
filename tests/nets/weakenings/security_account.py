"""The security account: state bucket, access logs, keys, the repository secret, and who reads it."""

from __future__ import annotations

from tests.nets.changes import Change, Weakening, add, drop, put, take

_BUCKET, _LOGS = "StateBucket/Properties", "AccessLogBucket/Properties"
_POLICY, _LOG_POLICY = "StateBucketPolicy//", "AccessLogBucketPolicy//"
_SECRET_POLICY = "RepositorySecretPolicy//ReadForExternalSecrets"
_EVERY_OBJECT = {"Fn::Sub": "${StateBucket.Arn}/*"}
_EVERYBODY = {"AWS": "*"}
_READER, _CI, _CI_PLAN = "RepositoryReader//", "CiPolicy//", "CiPlanPolicy//"
_STACKS = "StackReader//"
_ANY_NUMBER = (
    r"^(|repo:[A-Za-z0-9_.-]+(@[0-9*]+)?/[A-Za-z0-9_.-]+(@[0-9*]+)?:(pull_request|ref:refs/(heads|tags)/\*)"
    r"|project_path:[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+:ref_type:(branch|tag):ref:\*)$"
)
_DEPLOYING = {
    "Sid": "Added",
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Resource": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/flowable/DevOpsAdminRole"},
}
_READING = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
_LICENSES = {"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:/flowable/*/license-??????"}


def _weak(name: str, *changes: Change) -> Weakening:
    return Weakening(name, "security-account.yaml", changes)


_STORAGE = (
    _weak("state: versioning suspended", put(f"{_BUCKET}/VersioningConfiguration/Status", "Suspended")),
    _weak("state: no versioning", drop(f"{_BUCKET}/VersioningConfiguration")),
    _weak("state: no encryption of its own", drop(f"{_BUCKET}/BucketEncryption")),
    _weak(
        "state: encrypted with the account's default key",
        drop(
            f"{_BUCKET}/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID"
        ),
    ),
    _weak(
        "state: encrypted with AES256 instead of a key",
        put(
            f"{_BUCKET}/BucketEncryption/ServerSideEncryptionConfiguration",
            [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}],
        ),
    ),
    _weak(
        "state: encrypted with the key of the repository secret",
        put(
            f"{_BUCKET}/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
            {"Fn::GetAtt": ["SecretsKey", "Arn"]},
        ),
    ),
    _weak("state: public policies accepted", put(f"{_BUCKET}/PublicAccessBlockConfiguration/BlockPublicPolicy", False)),
    _weak(
        "state: public policies in force", put(f"{_BUCKET}/PublicAccessBlockConfiguration/RestrictPublicBuckets", False)
    ),
    _weak("state: public access not blocked", drop(f"{_BUCKET}/PublicAccessBlockConfiguration")),
    _weak("state: objects belong to who writes them", drop(f"{_BUCKET}/OwnershipControls")),
    _weak(
        "state: access control lists in force",
        put(f"{_BUCKET}/OwnershipControls/Rules/0/ObjectOwnership", "ObjectWriter"),
    ),
    _weak("state: access not logged", drop(f"{_BUCKET}/LoggingConfiguration")),
    _weak(
        "state: access logged into the bucket itself",
        put(
            f"{_BUCKET}/LoggingConfiguration/DestinationBucketName",
            {"Fn::Sub": "${Project}-terraform-state-${AWS::AccountId}"},
        ),
    ),
    _weak(
        "state: one old version kept",
        put(f"{_BUCKET}/LifecycleConfiguration/Rules/0/NoncurrentVersionExpiration/NewerNoncurrentVersions", 1),
    ),
    _weak(
        "state: old versions kept a day",
        put(f"{_BUCKET}/LifecycleConfiguration/Rules/0/NoncurrentVersionExpiration/NoncurrentDays", 1),
    ),
    _weak(
        "state: deleted after a year without change",
        put(f"{_BUCKET}/LifecycleConfiguration/Rules/0/ExpirationInDays", 365),
    ),
    _weak("state: goes with its stack", put("StateBucket/DeletionPolicy", "Delete")),
    _weak("state: goes when replaced", drop("StateBucket/UpdateReplacePolicy")),
    _weak("state: its policy goes with the stack", drop("StateBucketPolicy/DeletionPolicy")),
    _weak("state: no lifecycle", drop(f"{_BUCKET}/LifecycleConfiguration")),
    _weak("access logs: public access not blocked", drop(f"{_LOGS}/PublicAccessBlockConfiguration")),
    _weak("access logs: no versioning", drop(f"{_LOGS}/VersioningConfiguration")),
    _weak("access logs: no encryption of its own", drop(f"{_LOGS}/BucketEncryption")),
    _weak("access logs: kept a week", put(f"{_LOGS}/LifecycleConfiguration/Rules/0/ExpirationInDays", 7)),
    _weak("access logs: go with the stack", put("AccessLogBucket/DeletionPolicy", "Delete")),
)

_BUCKET_POLICIES = (
    _weak(
        "state policy: refusal of plain HTTP turned into an allow",
        put(f"{_POLICY}DenyInsecureTransport/Effect", "Allow"),
    ),
    _weak(
        "state policy: plain HTTP allowed, TLS refused",
        put(f"{_POLICY}DenyInsecureTransport/Condition/Bool/aws:SecureTransport", "true"),
    ),
    _weak("state policy: plain HTTP allowed", drop(f"{_POLICY}DenyInsecureTransport")),
    _weak("state policy: keys listed by plain HTTP", put(f"{_POLICY}DenyInsecureTransport/Resource", _EVERY_OBJECT)),
    _weak("state policy: TLS of any age", drop(f"{_POLICY}DenyOldTls")),
    _weak("state policy: TLS 1.0", put(f"{_POLICY}DenyOldTls/Condition/NumericLessThan/s3:TlsVersion", "1.0")),
    _weak("state policy: written with any key", drop(f"{_POLICY}DenyOtherEncryption")),
    _weak(
        "state policy: version deletion not refused", take(f"{_POLICY}DenyTampering/Action", "s3:DeleteObjectVersion")
    ),
    _weak("state policy: policy change not refused", take(f"{_POLICY}DenyTampering/Action", "s3:PutBucketPolicy")),
    _weak("state policy: logging change not refused", take(f"{_POLICY}DenyTampering/Action", "s3:PutBucketLogging")),
    _weak("state policy: tampering not refused", drop(f"{_POLICY}DenyTampering")),
    _weak(
        "state policy: any role may tamper",
        put(
            f"{_POLICY}DenyTampering/Condition/ArnNotLike/aws:PrincipalArn",
            [{"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/*"}],
        ),
    ),
    _weak("state policy: other organizations not refused", drop(f"{_POLICY}DenyOtherOrganizations")),
    _weak(
        "state policy: other organizations refused to services only",
        put(f"{_POLICY}DenyOtherOrganizations/Condition/BoolIfExists/aws:PrincipalIsAWSService", "true"),
    ),
    _weak("state policy: read by everybody", put(f"{_POLICY}ReadOwnState/Principal", "*")),
    _weak("state policy: read by everybody of AWS", put(f"{_POLICY}ReadOwnState/Principal", _EVERYBODY)),
    _weak("state policy: every state read by every environment", put(f"{_POLICY}ReadOwnState/Resource", _EVERY_OBJECT)),
    _weak("state policy: read by any role of an environment", drop(f"{_POLICY}ReadOwnState/Condition")),
    _weak(
        "state policy: read by any role at /flowable/",
        put(f"{_POLICY}ReadOwnState/Condition/ArnLike/aws:PrincipalArn", "arn:aws:iam::*:role/flowable/*"),
    ),
    _weak(
        "state policy: written by the plan role",
        add(
            f"{_POLICY}WriteOwnState/Condition/ArnLike/aws:PrincipalArn", "arn:aws:iam::*:role/flowable/FlowopsPlanRole"
        ),
    ),
    _weak("state policy: every object written", put(f"{_POLICY}WriteOwnState/Resource", _EVERY_OBJECT)),
    _weak(
        "state policy: states deleted",
        put(f"{_POLICY}ReleaseOwnLocks/Resource", {"Fn::Sub": "${StateBucket.Arn}/${!aws:PrincipalAccount}/*"}),
    ),
    _weak(
        "state policy: versions deleted by the deploy role",
        add(f"{_POLICY}ReleaseOwnLocks/Action", "s3:DeleteObjectVersion"),
    ),
    _weak("state policy: every action on own objects", put(f"{_POLICY}ReadOwnState/Action", "s3:*")),
    _weak("state policy: keys of every environment listed", drop(f"{_POLICY}ListOwnState/Condition/StringLike")),
    _weak(
        "state policy: read by a stranger's account",
        add(
            "StateBucketPolicy/Properties/PolicyDocument/Statement",
            {
                "Sid": "Added",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                "Action": "s3:GetObject",
                "Resource": _EVERY_OBJECT,
            },
        ),
    ),
    _weak("access log policy: logs of any bucket", drop(f"{_LOG_POLICY}DeliverAccessLogs/Condition/ArnLike")),
    _weak("access log policy: logs for any account", drop(f"{_LOG_POLICY}DeliverAccessLogs/Condition/StringEquals")),
    _weak("access log policy: written by everybody", put(f"{_LOG_POLICY}DeliverAccessLogs/Principal", "*")),
    _weak("access log policy: plain HTTP allowed", drop(f"{_LOG_POLICY}DenyInsecureTransport")),
)

_KEYS = (
    _weak("state key: rotation off", put("StateKey/Properties/EnableKeyRotation", False)),
    _weak("state key: rotation not asked for", drop("StateKey/Properties/EnableKeyRotation")),
    _weak("state key: deleted within a week", put("StateKey/Properties/PendingWindowInDays", 7)),
    _weak("state key: goes with its stack", put("StateKey/DeletionPolicy", "Delete")),
    _weak("state key: goes when replaced", drop("StateKey/UpdateReplacePolicy")),
    _weak("state key: used by everybody", put("StateKey//DecryptState/Principal", _EVERYBODY)),
    _weak("state key: administered by everybody", put("StateKey//AdministerFromThisAccount/Principal", _EVERYBODY)),
    _weak("state key: opens to direct calls", drop("StateKey//DecryptState/Condition/StringEquals/kms:ViaService")),
    _weak(
        "state key: used by other organizations",
        drop("StateKey//DecryptState/Condition/StringEquals/aws:PrincipalOrgID"),
    ),
    _weak("state key: used by any role of an environment", drop("StateKey//DecryptState/Condition/ArnLike")),
    _weak(
        "state key: encrypts for the plan role",
        add(
            "StateKey//EncryptState/Condition/ArnLike/aws:PrincipalArn", "arn:aws:iam::*:role/flowable/FlowopsPlanRole"
        ),
    ),
    _weak(
        "state key: used by a stranger's account",
        add(
            "StateKey/Properties/KeyPolicy/Statement",
            {
                "Sid": "Added",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                "Action": "kms:Decrypt",
                "Resource": "*",
            },
        ),
    ),
    _weak(
        "state key: grants made by the environments",
        put("StateKey//DecryptState/Action", ["kms:Decrypt", "kms:CreateGrant"]),
    ),
    _weak("state key: every action for the environments", put("StateKey//DecryptState/Action", "kms:*")),
)

_SECRET = (
    _weak("secrets key: rotation off", put("SecretsKey/Properties/EnableKeyRotation", False)),
    _weak(
        "secrets key: opens to direct calls",
        drop("SecretsKey//DecryptForExternalSecrets/Condition/StringEquals/kms:ViaService"),
    ),
    _weak("repository secret: no key of its own", drop("RepositorySecret/Properties/KmsKeyId")),
    _weak("repository secret: value in the template", put("RepositorySecret/Properties/SecretString", "changeme")),
    _weak("repository secret: goes with its stack", put("RepositorySecret/DeletionPolicy", "Delete")),
    _weak(
        "repository secret: public policies accepted", put("RepositorySecretPolicy/Properties/BlockPublicPolicy", False)
    ),
    _weak("repository secret: read by everybody", put(f"{_SECRET_POLICY}/Principal", _EVERYBODY)),
    _weak("repository secret: read by any role of an environment", drop(f"{_SECRET_POLICY}/Condition/ArnLike")),
    _weak("repository secret: read by other organizations", drop(f"{_SECRET_POLICY}/Condition/StringEquals")),
    _weak("repository secret: written by the environments", put(f"{_SECRET_POLICY}/Action", "secretsmanager:*")),
    _weak("repository secret: no policy", drop("RepositorySecretPolicy")),
)

_READERS = (
    _weak("readers: people read without MFA", drop(f"{_READER}ReadRepositorySecret/Condition")),
    _weak("readers: people decrypt without MFA", drop(f"{_READER}DecryptRepositorySecret/Condition/Bool")),
    _weak("readers: people read every secret", put(f"{_READER}ReadRepositorySecret/Resource", "*")),
    _weak(
        "readers: people read every secret at /flowable/",
        put(
            f"{_READER}ReadRepositorySecret/Resource",
            {"Fn::Sub": "arn:aws:secretsmanager:*:${AWS::AccountId}:secret:/flowable/*"},
        ),
    ),
    _weak(
        "readers: people read licenses",
        put(f"{_READER}ReadRepositorySecret/Resource", [{"Ref": "RepositorySecret"}, _LICENSES]),
    ),
    _weak("readers: people write the secret", put(f"{_READER}ReadRepositorySecret/Action", "secretsmanager:*")),
    _weak(
        "readers: the key opens to people's direct calls",
        drop(f"{_READER}DecryptRepositorySecret/Condition/StringEquals"),
    ),
    _weak("readers: people use every key", put(f"{_READER}DecryptRepositorySecret/Resource", "*")),
    _weak("readers: at a path that others manage", put("RepositoryReader/Properties/Path", "/")),
    _weak("readers: people see others without MFA", drop("PeopleReader//SeeHowPeopleEnter/Condition")),
    _weak("readers: people make keys for others", add("PeopleReader//SeeHowPeopleEnter/Action", "iam:CreateAccessKey")),
    _weak("deciding: people read policies without MFA", drop("PeopleReader//ReadWhatIdentitiesMay/Condition")),
    _weak("deciding: people read every policy", put("PeopleReader//ReadWhatIdentitiesMay/Resource", "*")),
    _weak("deciding: people write policies", add("PeopleReader//ReadWhatIdentitiesMay/Action", "iam:PutUserPolicy")),
    _weak("deciding: people read every bucket's policy", put("PeopleReader//ReadWhoMayUseTheState/Resource", "*")),
    _weak("deciding: people read states", add("PeopleReader//ReadWhoMayUseTheState/Action", "s3:GetObject")),
    _weak("deciding: people read every secret's policy", put("PeopleReader//ReadWhoMayUseSecrets/Resource", "*")),
    _weak("stacks: people look without MFA", drop(f"{_STACKS}DetectDrift/Condition")),
    _weak("stacks: people look at every stack", put(f"{_STACKS}DetectDrift/Resource", "*")),
    _weak("stacks: people update them", add(f"{_STACKS}DetectDrift/Action", "cloudformation:UpdateStack")),
    _weak(
        "stacks: people list states by hand", drop(f"{_STACKS}ReadBucketsOfStacks/Condition/ForAnyValue:StringEquals")
    ),
    _weak("stacks: people read states", add(f"{_STACKS}ReadBucketsOfStacks/Action", "s3:GetObject")),
    _weak(
        "stacks: people read policies by hand",
        drop(f"{_STACKS}ReadIdentitiesOfStacks/Condition/ForAnyValue:StringEquals"),
    ),
    _weak("stacks: people read licenses", add(f"{_STACKS}SeeSecretsOfStacks/Action", "secretsmanager:GetSecretValue")),
    _weak("stacks: people use keys", add(f"{_STACKS}ReadKeysOfStacks/Action", "kms:Decrypt")),
    _weak("pipelines: every stack looked at", put(f"{_CI_PLAN}DetectDrift/Resource", "*")),
    _weak("pipelines: states listed by hand", drop(f"{_CI_PLAN}ReadBucketsOfStacks/Condition")),
    _weak("pipelines: licenses read through a stack", put(f"{_CI_PLAN}SeeSecretsOfStacks/Action", _READING)),
    _weak("pipelines: keys made for people", add(f"{_CI_PLAN}SeeHowPeopleEnter/Action", "iam:CreateAccessKey")),
    _weak("pipelines: licenses read", put(f"{_CI}SeeLicenses/Action", _READING)),
    _weak("pipelines: every secret seen", put(f"{_CI}SeeLicenses/Resource", "*")),
    _weak("pipelines: every secret read", put(f"{_CI_PLAN}ReadRepositorySecret/Resource", "*")),
    _weak("pipelines: the key opens to direct calls", drop(f"{_CI_PLAN}DecryptRepositorySecret/Condition")),
    _weak("pipelines: the key of licenses", put(f"{_CI}DecryptRepositorySecret/Resource", "*")),
    _weak(
        "pipelines: roles of accounts that nobody lists",
        put(f"{_CI}AssumeDeployRoles/Resource", "arn:aws:iam::*:role/flowable/DevOpsAdminRole"),
    ),
    _weak("pipelines: every role of the environments", put(f"{_CI}AssumeDeployRoles/Resource", "*")),
    _weak(
        "pipelines: everything but a list",
        drop(f"{_CI}AssumePlanRoles/Action"),
        put(f"{_CI}AssumePlanRoles/NotAction", "iam:*"),
    ),
    _weak(
        "pipelines: a plan's role deploys",
        add("CiPlanPolicy/Properties/PolicyDocument/Statement", _DEPLOYING),
    ),
)

_DEPLOYS, _PLANS = "CiRole/Properties", "CiPlanRole/Properties"
_GITHUB = "token.actions.githubusercontent.com"
_ON_GITHUB, _ON_GITHUB_PLANS = "CiRole//GitHubEnvironments", "CiPlanRole//GitHubBranches"
_ON_GITLAB = "AssumeRolePolicyDocument/Fn::If/2/Fn::Sub"
_ANY_SUBJECT = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"GitLabBranch","Effect":"Allow","Principal":{"Federated":'
    '"arn:aws:iam::${AWS::AccountId}:oidc-provider/${CiHost}"},"Action":"sts:AssumeRoleWithWebIdentity",'
    '"Condition":{"StringEquals":{"${CiHost}:aud":"sts.amazonaws.com"}}}]}'
)

_PIPELINES = (
    _weak("deploy pipeline: any repository of GitHub", drop(f"{_ON_GITHUB}/Condition/StringEquals/{_GITHUB}:sub")),
    _weak("deploy pipeline: a token for any service", drop(f"{_ON_GITHUB}/Condition/StringEquals/{_GITHUB}:aud")),
    _weak("deploy pipeline: any token of GitHub", drop(f"{_ON_GITHUB}/Condition")),
    _weak(
        "deploy pipeline: any branch of the repository",
        put(f"{_ON_GITHUB}/Condition/StringEquals/{_GITHUB}:sub", {"Ref": "CiPlanSubjects"}),
    ),
    _weak("deploy pipeline: another issuer's tokens", put(f"{_ON_GITHUB}/Principal", _EVERYBODY)),
    _weak("deploy pipeline: entered with a key", put(f"{_ON_GITHUB}/Action", "sts:AssumeRole")),
    _weak("deploy pipeline: any project of GitLab", put(f"{_DEPLOYS}/{_ON_GITLAB}/0", _ANY_SUBJECT)),
    _weak(
        "deploy pipeline: any branch of the project",
        put(f"{_DEPLOYS}/{_ON_GITLAB}/1/Subjects", {"Fn::Join": ['","', {"Ref": "CiPlanSubjects"}]}),
    ),
    _weak("deploy pipeline: no boundary", drop(f"{_DEPLOYS}/PermissionsBoundary")),
    _weak(
        "deploy pipeline: administrator",
        put(f"{_DEPLOYS}/ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ),
    _weak("deploy pipeline: sessions of 12 hours", put(f"{_DEPLOYS}/MaxSessionDuration", 43200)),
    _weak("deploy pipeline: made where nobody has pipelines", drop("CiRole/Condition")),
    _weak("plan pipeline: any repository of GitHub", drop(f"{_ON_GITHUB_PLANS}/Condition/StringLike")),
    _weak("plan pipeline: a token for any service", drop(f"{_ON_GITHUB_PLANS}/Condition/StringEquals")),
    _weak("plan pipeline: deploys", put(f"{_PLANS}/ManagedPolicyArns", [{"Ref": "CiPolicy"}])),
    _weak("plan pipeline: at a path that others manage", put(f"{_PLANS}/Path", "/")),
    _weak("plan pipeline: made where nobody has pipelines", put("Parameters/CiProvider/Default", "github")),
    _weak(
        "identity provider: tokens for other services",
        add("CiIdentityProvider/Properties/ClientIdList", "https://github.com/acme"),
    ),
    _weak("subjects: patterns deploy", drop("Parameters/CiDeploySubjects/AllowedPattern")),
    _weak("subjects: patterns in place of the repository", put("Parameters/CiPlanSubjects/AllowedPattern", ".*")),
    _weak(
        "subjects: a pattern in place of a repository's number",
        put("Parameters/CiPlanSubjects/AllowedPattern", _ANY_NUMBER),
    ),
    _weak("subjects: a host of any text", drop("Parameters/CiHost/AllowedPattern")),
)

_PARAMETERS = (
    _weak("environment accounts: any text accepted", drop("Parameters/EnvironmentAccountIds/AllowedPattern")),
    _weak("organization: any text accepted", put("Parameters/OrganizationId/AllowedPattern", ".*")),
)

SECURITY_ACCOUNT = (*_STORAGE, *_BUCKET_POLICIES, *_KEYS, *_SECRET, *_READERS, *_PIPELINES, *_PARAMETERS)
