"""The condition keys AWS documents, for the services this project's policies speak about.

Sources: IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS condition context keys"; for each
service its page in the Service Authorization Reference. A name that ends with `*` is a family: tags, encryption
contexts. Names are written as AWS writes them and compared without case (IAM User Guide, "Condition").
"""

from __future__ import annotations

import re

_NAMES: dict[str, str] = {
    "aws": """
        AssumedRoot CalledVia CalledViaAWSMCP CalledViaFirst CalledViaLast ChatbotSourceArn CurrentTime
        Ec2InstanceSourcePrivateIPv4 Ec2InstanceSourceVpc EpochTime FederatedProvider IsMcpServiceAction
        MultiFactorAuthAge MultiFactorAuthPresent PrincipalAccount PrincipalArn PrincipalIsAWSService PrincipalOrgID
        PrincipalOrgMasterAccountId PrincipalOrgPaths PrincipalServiceName PrincipalServiceNamesList PrincipalTag/*
        PrincipalType Referer RequestTag/* RequestedRegion ResourceAccount ResourceOrgID ResourceOrgPaths
        ResourceTag/* SecureTransport SourceAccount SourceArn SourceIdentity SourceIp SourceOrgID SourceOrgPaths
        SourceVpc SourceVpcArn SourceVpce TagKeys TokenIssueTime UserAgent ViaAWSMCPService ViaAWSService VpcSourceIp
        VpceAccount VpceOrgID VpceOrgPaths userid username
    """,
    "acm": """
        CertificateAuthority CertificateTransparencyLogging DomainNames Export KeyAlgorithm ValidationMethod
    """,
    "autoscaling": """
        CapacityReservationIds CapacityReservationResourceGroupArns ForceDelete ImageId InstanceType InstanceTypes
        LaunchConfigurationName LaunchTemplateVersionSpecified LoadBalancerNames MaxSize MetadataHttpEndpoint
        MetadataHttpPutResponseHopLimit MetadataHttpTokens MinSize ResourceTag/* SpotPrice TargetGroupARNs
        TrafficSourceIdentifiers VPCZoneIdentifiers
    """,
    "backup": """
        ChangeableForDays CopyTargetOrgPaths CopyTargets FrameworkArns Index MaxRetentionDays MinRetentionDays
        MpaApprovalTeamArn
    """,
    "cloudformation": """
        ChangeSetName CreateAction ImportResourceTypes ResourceTypes RoleArn StackPolicyUrl TargetRegion TemplateUrl
        TypeArn
    """,
    "cloudwatch": """
        AlarmActions namespace requestInsightRuleLogGroups requestManagedResourceARNs
    """,
    "dynamodb": """
        Attributes EnclosingOperation FirstPartitionKeyValues FisActionId FisTargetArns FourthPartitionKeyValues
        FullTableScan LeadingKeys ReturnConsumedCapacity ReturnValues SecondPartitionKeyValues Select
        ThirdPartitionKeyValues
    """,
    "ec2": """
        AccepterVpc Add/group Add/userId AllocationId AssociatePublicIpAddress Attribute Attribute/*
        AuthenticationType AuthorizedService AuthorizedUser AutoPlacement AvailabilityZone AvailabilityZoneId
        CapacityReservationFleet ClientRootCertificateChainArn CloudwatchLogGroupArn CloudwatchLogStreamArn
        CommitmentDuration CpuOptionsAmdSevSnp CreateAction CreateDate DestinationCapacityReservationId DhcpOptionsID
        DirectoryArn Domain DPDTimeoutSeconds EbsOptimized ElasticGpuType Encrypted EndDate EndDateType
        EphemeralStorage FisActionId FisTargetArns GatewayType HostRecovery IKEVersions ImageID ImageType
        InsideTunnelCidr InsideTunnelIpv6Cidr InstanceAutoRecovery InstanceBandwidthWeighting InstanceCount InstanceID
        InstanceMarketType InstanceMatchCriteria InstanceMetadataTags InstancePlatform InstanceProfile InstanceType
        InternetGatewayID InterruptibleCapacityReservationId InterruptionType IpamPrefixListResolverTargetId
        Ipv4IpamPoolId Ipv6IpamPoolId IsInterruptible IsLaunchTemplateResource KeyPairName KeyPairType KmsKeyId
        LaunchTemplate Location ManagedResourceOperator MetadataHttpEndpoint MetadataHttpPutResponseHopLimit
        MetadataHttpTokens NetworkAclID NetworkInterfaceID NewInstanceProfile OutpostArn Owner ParentSnapshot
        ParentVolume Permission Phase1DHGroup Phase1EncryptionAlgorithms Phase1IntegrityAlgorithms
        Phase1LifetimeSeconds Phase2DHGroup Phase2EncryptionAlgorithms Phase2IntegrityAlgorithms Phase2LifetimeSeconds
        PlacementGroup PlacementGroupName PlacementGroupStrategy ProductCode Public PublicIpAddress Quantity Region
        RekeyFuzzPercentage RekeyMarginTimeSeconds Remove/group Remove/userId ReplayWindowSizePackets RequesterVpc
        ReservedInstancesOfferingType ResourceTag/* RoleDelivery RootDeviceType RouteTableID RoutingType
        SamlProviderArn SecurityGroupID ServerCertificateArn SnapshotCoolOffPeriod SnapshotID SnapshotLockDuration
        SnapshotTime SourceAvailabilityZone SourceCapacityReservationId SourceInstanceARN SourceOutpostArn Subnet
        SubnetID TargetInstanceCount Tenancy transitGatewayAttachmentId transitGatewayConnectPeerId transitGatewayId
        transitGatewayMeteringPolicyId transitGatewayMulticastDomainId transitGatewayPolicyTableId
        transitGatewayRouteTableAnnouncementId transitGatewayRouteTableId VolumeID VolumeInitializationRate VolumeIops
        VolumeSize VolumeThroughput VolumeType Vpc VpceMultiRegion VpcePrivateDnsPreference
        VpcePrivateDnsSpecifiedDomains VpceServiceName VpceServiceOwner VpceServicePrivateDnsName VpceServiceRegion
        VpceSupportedRegion VpcID VpcPeeringConnectionID
    """,
    "ecr": """
        AccountSetting ResourceTag/*
    """,
    "eks": """
        accessEntryType accessScope authenticationMode blockStorageEnabled bootstrapClusterCreatorAdminPermissions
        bootstrapSelfManagedAddons clientId clusterName computeConfigEnabled elasticLoadBalancingEnabled issuerUrl
        kubernetesGroups loggingType/* namespaces policyArn principalArn supportType username
    """,
    "elasticfilesystem": """
        AccessedViaMountTarget AccessPointArn CreateAction Encrypted
    """,
    "elasticloadbalancing": """
        CreateAction ListenerProtocol ResourceTag/* Scheme SecurityGroup SecurityPolicy Subnet
    """,
    "events": """
        creatorAccount detail-type detail.eventTypeCode detail.service detail.userIdentity.principalId EventBusArn
        eventBusInvocation ManagedBy source TargetArn
    """,
    "iam": """
        AssociatedResourceArn AWSServiceName DelegationDuration DelegationRequestOwner FIDO-certification
        FIDO-FIPS-140-2-certification FIDO-FIPS-140-3-certification NotificationChannel OrganizationsPolicyId
        PassedToService PermissionsBoundary PolicyARN RegisterSecurityKey ResourceTag/*
        ServiceSpecificCredentialAgeDays ServiceSpecificCredentialServiceName TemplateArn
    """,
    "kms": """
        BypassPolicyLockoutSafetyCheck CallerAccount CustomerMasterKeySpec CustomerMasterKeyUsage DataKeyPairSpec
        EncryptionAlgorithm EncryptionContext:* EncryptionContextKeys ExpirationModel GrantConstraintType
        GranteePrincipal GrantIsForAWSResource GrantOperations KeyAgreementAlgorithm KeyOrigin KeySpec KeyUsage
        MacAlgorithm MessageType MultiRegion MultiRegionKeyType PrimaryRegion RecipientAttestation:*
        ReEncryptOnSameKey ReplicaRegion RequestAlias ResourceAliases RetiringPrincipal RotationPeriodInDays
        ScheduleKeyDeletionPendingWindowInDays SigningAlgorithm ValidTo ViaService WrappingAlgorithm WrappingKeySpec
    """,
    "lambda": """
        CodeSigningConfigArn EventSourceToken FunctionArn FunctionUrlAuthType InvokedViaFunctionUrl Layer Principal
        SecurityGroupIds SourceFunctionArn SubnetIds VpcIds
    """,
    "logs": """
        DeliveryDestinationResourceArn LogGeneratingResourceArns
    """,
    "organizations": """
        PolicyType ServicePrincipal TransferDirection TransferType
    """,
    "rds": """
        BackupTarget cluster-pg-tag/* cluster-snapshot-tag/* cluster-tag/* CopyOptionGroup DatabaseClass
        DatabaseEngine DatabaseName db-tag/* EndpointType es-tag/* ManageMasterUserPassword MultiAz og-tag/* pg-tag/*
        Piops PubliclyAccessible req-tag/* ri-tag/* secgrp-tag/* snapshot-tag/* StorageEncrypted StorageSize
        subgrp-tag/* TagsFromRequest TenantDatabaseName Vpc
    """,
    "route53": """
        ChangeResourceRecordSetsActions ChangeResourceRecordSetsNormalizedRecordNames
        ChangeResourceRecordSetsRecordTypes VPCs
    """,
    "s3": """
        AccessGrantScope AccessGrantsInstanceArn AccessGrantsLocationScope AccessPointNetworkOrigin AccessPointTag/*
        authType BucketTag/* DataAccessPointAccount DataAccessPointArn delimiter destinationRegion
        ExistingJobOperation ExistingJobPriority ExistingObjectTag/* if-match if-none-match
        InventoryAccessibleOptionalFields isReplicationPauseRequest JobSuspendedCause locationconstraint max-keys
        object-lock-legal-hold object-lock-mode object-lock-remaining-retention-days object-lock-retain-until-date
        ObjectCreationOperation prefix RequestJobOperation RequestJobPriority RequestObjectTag/* RequestObjectTagKeys
        ResourceAccount signatureAge signatureversion TlsVersion versionid x-amz-acl x-amz-bucket-namespace
        x-amz-content-sha256 x-amz-copy-source x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp
        x-amz-grant-write x-amz-grant-write-acp x-amz-metadata-directive x-amz-object-ownership
        x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id
        x-amz-server-side-encryption-customer-algorithm x-amz-storage-class x-amz-website-redirect-location
    """,
    "secretsmanager": """
        AddReplicaRegions BlockPublicPolicy Description ExternalSecretRotationRoleArn ForceDeleteWithoutRecovery
        ForceOverwriteReplicaSecret KmsKeyArn KmsKeyId ModifyRotationRules Name RecoveryWindowInDays
        resource/AllowRotationLambdaArn resource/Type ResourceTag/* RotateImmediately RotationLambdaARN SecretId
        SecretPrimaryRegion Type VersionId VersionStage
    """,
    "sns": """
        Endpoint Protocol
    """,
    "ssm": """
        AccessRequestId AutoApprove DocumentCategories DocumentType DocumentVersion InventoryTypeName Overwrite
        Policies Recursive resourceTag/* resourceTag/aws:ssmmessages:session-id resourceTag/aws:ssmmessages:target-id
        SessionDocumentAccessCheck SourceInstanceARN SyncType
    """,
    "states": """
        HTTPEndpoint HTTPMethod StateMachineQualifier
    """,
    "sts": """
        AWSServiceName DurationSeconds ExternalId IdentityTokenAudience RequestContext/* RequestContextProviders
        RoleSessionName SigningAlgorithm SourceIdentity TaskPolicyArn TransitiveTagKeys
    """,
    "wafv2": """
        LogDestinationResource LogScope
    """,
}

KNOWN_KEYS: tuple[str, ...] = tuple(
    f"{service}:{name}".lower() for service in _NAMES for name in _NAMES[service].split()
)

_EXACT = frozenset(key for key in KNOWN_KEYS if not key.endswith("*"))
_FAMILIES = tuple(key[:-1] for key in KNOWN_KEYS if key.endswith("*"))

_WEB_IDENTITY = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[^:]+)?:(aud|sub|amr|oaud|email)")
"""Keys of a web identity are named by the provider's host: `oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub`."""


def is_known(key: str) -> bool:
    """Tell whether AWS documents this condition key."""
    lowered = key.lower()
    if lowered in _EXACT or _WEB_IDENTITY.fullmatch(lowered):
        return True
    return any(lowered.startswith(family) and len(lowered) > len(family) for family in _FAMILIES)
