"""Two templates that use every resource type with every property, and short ways to read what became of them."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.cloudformation_moto import Account

SECURITY = """
Parameters:
  Rotation: {Type: String, Default: "true"}
  Versions: {Type: Number, Default: 50}
  Note: {Type: String, Default: first}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: !Ref Note
      EnableKeyRotation: !Ref Rotation
      PendingWindowInDays: 7
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Sid: !Ref Note
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
            Action: "kms:*"
            Resource: "*"
      Tags: [{Key: note, Value: !Ref Note}]
  Alias: {Type: "AWS::KMS::Alias", Properties: {AliasName: alias/flowable/state, TargetKeyId: !Ref Key}}
  Logs:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "logs-${AWS::AccountId}"}
  LogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Sid: !Ref Note
            Effect: Allow
            Principal: {Service: logging.s3.amazonaws.com}
            Action: "s3:PutObject"
            Resource: !Sub "${Logs.Arn}/*"
  State:
    Type: AWS::S3::Bucket
    DependsOn: LogsPolicy
    Properties:
      BucketName: !Sub "state-${AWS::AccountId}"
      VersioningConfiguration: {Status: Enabled}
      ObjectLockEnabled: true
      ObjectLockConfiguration: {ObjectLockEnabled: Enabled, Rule: {DefaultRetention: {Mode: GOVERNANCE, Days: 30}}}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: "true", IgnorePublicAcls: true, RestrictPublicBuckets: true}
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - BucketKeyEnabled: true
            ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: !GetAtt Key.Arn}
      LifecycleConfiguration:
        Rules:
          - {Id: uploads, Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}}
          - {Id: old, Status: Enabled, Prefix: a/, NoncurrentVersionExpiration: {NoncurrentDays: !Ref Versions}}
      LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: state/}
      Tags: [{Key: note, Value: !Ref Note}]
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: /flowable/repository
      Description: !Ref Note
      KmsKeyId: !GetAtt Key.Arn
      Tags: [{Key: note, Value: !Ref Note}]
  SecretPolicy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Secret
      BlockPublicPolicy: true
      ResourcePolicy:
        Version: 2012-10-17
        Statement:
          - {Sid: !Ref Note, Effect: Deny, Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*"}
  Generated:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString:
        SecretStringTemplate: '{"user": "admin"}'
        GenerateStringKey: password
        PasswordLength: 40
        ExcludePunctuation: true
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: /flowable/note, Type: String, Value: !Ref Note, Tags: {note: !Ref Note}}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: drift, DisplayName: !Ref Note, Tags: [{Key: note, Value: !Ref Note}]}
  Locks:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: locks
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: LockID, AttributeType: S}]
      KeySchema: [{AttributeName: LockID, KeyType: HASH}]
      SSESpecification: {SSEEnabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: !Ref Rotation}
      Tags: [{Key: note, Value: !Ref Note}]
Outputs:
  KeyArn: {Value: !GetAtt Key.Arn}
  BucketArn: {Value: !GetAtt State.Arn}
  SecretArn: {Value: !Ref Secret}
"""

IDENTITY = """
Parameters:
  Note: {Type: String, Default: first}
Resources:
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: FlowableBoundary
      Path: /flowable/
      Description: caps roles
      PolicyDocument: {Version: 2012-10-17, Statement: [{Sid: !Ref Note, Effect: Allow, Action: "*", Resource: "*"}]}
  OtherBoundary:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Path: /flowable/
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: DevOpsAdminRole
      Path: /flowable/
      Description: !Ref Note
      MaxSessionDuration: "7200"
      PermissionsBoundary: !Ref Boundary
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Sid: !Ref Note, Effect: Allow, Principal: {AWS: !Ref "AWS::AccountId"}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Sid: !Ref Note, Effect: Allow, Action: "s3:*", Resource: "*"}]
      Tags: [{Key: note, Value: !Ref Note}]
  Group:
    Type: AWS::IAM::Group
    Properties:
      GroupName: dev_dev_ops_admin
      Path: /flowable/
      ManagedPolicyArns: [!Ref OtherBoundary]
      Policies:
        - PolicyName: assume
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: "sts:AssumeRole", Resource: !GetAtt Role.Arn}]
  Shared:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: shared
      Roles: [!Ref Role]
      Groups: [!Ref Group]
      PolicyDocument:
        Version: 2012-10-17
        Statement: [{Sid: !Ref Note, Effect: Allow, Action: "ec2:Describe*", Resource: "*"}]
  Attached:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      Groups: [!Ref Group]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "eks:Describe*", Resource: "*"}]}
  Pipeline:
    Type: AWS::IAM::OIDCProvider
    Properties:
      Url: https://token.actions.githubusercontent.com
      ClientIdList: [sts.amazonaws.com]
      ThumbprintList: ["1234567890123456789012345678901234567890"]
      Tags: [{Key: note, Value: !Ref Note}]
"""

LOGGING = "      LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: state/}\n"
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
SECOND = [{"ParameterKey": "Note", "ParameterValue": "second"}]


def made(endpoint: str, body: str, **given: Any) -> Account:
    account = Account.new(endpoint)
    assert account.create("s", body, **given) == "CREATE_COMPLETE", account.failures("s")
    return account


def statement(document: Any) -> Any:
    parsed = json.loads(document) if isinstance(document, str) else document
    return parsed["Statement"][0]


def pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag.get("Key", tag.get("TagKey", "")): tag.get("Value", tag.get("TagValue", "")) for tag in tags}
