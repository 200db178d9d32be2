"""One resource of every kind that an inventory lists, made by hand and without a tag."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from flowops.adapters.aws.client import AwsSession

REGION = "eu-central-1"
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
    '"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}'
PATH = "/flowable/workload/"
IMAGE = "ami-760aaa0f"


def lodge(session: AwsSession, account: str) -> Mapping[str, str]:
    """Make them all and return their types by ARN."""
    made = _network(session)
    here = f"{REGION}:{account}"
    of_ec2 = {f"arn:aws:ec2:{here}:{name}": type_ for name, type_ in made.items()}
    subnets = [name.rpartition("/")[2] for name in made if name.startswith("subnet/")]
    role = session.call("iam", "CreateRole", RoleName="by-hand", Path=PATH, AssumeRolePolicyDocument=TRUST)["Role"][
        "Arn"
    ]
    return {
        **of_ec2,
        **_balancers(session, here, subnets, next(it for it in made if it.startswith("security-group/"))),
        **_data(session, here),
        **_platform(session, here, subnets, role),
        **_small_things(session, here, role),
        **_identities(session, role),
    }


def _network(session: AwsSession) -> dict[str, str]:
    vpc = session.call("ec2", "CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        session.call("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.1.{index}.0/24", AvailabilityZone=REGION + zone)
        for index, zone in enumerate("ab")
    ]
    ids = [it["Subnet"]["SubnetId"] for it in subnets]
    group = session.call("ec2", "CreateSecurityGroup", GroupName="by-hand", Description="by hand", VpcId=vpc)["GroupId"]
    address = session.call("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    nat = session.call("ec2", "CreateNatGateway", SubnetId=ids[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    machine = session.call("ec2", "RunInstances", ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=ids[0])
    disk = session.call("ec2", "CreateVolume", AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    return {
        f"vpc/{vpc}": "aws_vpc",
        **{f"subnet/{name}": "aws_subnet" for name in ids},
        f"security-group/{group}": "aws_security_group",
        f"elastic-ip/{address}": "aws_eip",
        f"natgateway/{nat}": "aws_nat_gateway",
        f"instance/{machine['Instances'][0]['InstanceId']}": "aws_instance",
        f"volume/{disk}": "aws_ebs_volume",
    }


def _balancers(session: AwsSession, here: str, subnets: list[str], group: str) -> dict[str, str]:
    made = session.call("elbv2", "CreateLoadBalancer", Name="by-hand", Subnets=subnets)["LoadBalancers"][0]
    listener = {"Protocol": "tcp", "LoadBalancerPort": 80, "InstancePort": 80}
    session.call(
        "elb",
        "CreateLoadBalancer",
        LoadBalancerName="classic",
        Listeners=[listener],
        Subnets=subnets,
        SecurityGroups=[group.rpartition("/")[2]],
    )
    return {
        made["LoadBalancerArn"]: "aws_lb",
        f"arn:aws:elasticloadbalancing:{here}:loadbalancer/classic": "aws_elb",
    }


def _data(session: AwsSession, here: str) -> dict[str, str]:
    where = {"LocationConstraint": REGION}
    session.call("s3", "CreateBucket", Bucket="by-hand-files", CreateBucketConfiguration=where)
    login = {"MasterUsername": "flowable", "MasterUserPassword": "only-for-this-test"}
    size = {"DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    session.call("rds", "CreateDBInstance", DBInstanceIdentifier="by-hand", Engine="postgres", **size, **login)
    session.call("rds", "CreateDBCluster", DBClusterIdentifier="by-hand", Engine="aurora-postgresql", **login)
    files = session.call("efs", "CreateFileSystem", CreationToken="by-hand")
    access = session.call("efs", "CreateAccessPoint", ClientToken="by-hand", FileSystemId=files["FileSystemId"])
    session.call("opensearch", "CreateDomain", DomainName="by-hand")
    session.call(
        "dynamodb",
        "CreateTable",
        TableName="by-hand",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return {
        "arn:aws:s3:::by-hand-files": "aws_s3_bucket",
        f"arn:aws:rds:{here}:db:by-hand": "aws_db_instance",
        f"arn:aws:rds:{here}:cluster:by-hand": "aws_rds_cluster",
        files["FileSystemArn"]: "aws_efs_file_system",
        access["AccessPointArn"]: "aws_efs_access_point",
        f"arn:aws:es:{here}:domain/by-hand": "aws_opensearch_domain",
        f"arn:aws:dynamodb:{here}:table/by-hand": "aws_dynamodb_table",
    }


def _platform(session: AwsSession, here: str, subnets: list[str], role: str) -> dict[str, str]:
    session.call("eks", "CreateCluster", name="by-hand", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    group = session.call(
        "eks", "CreateNodegroup", clusterName="by-hand", nodegroupName="blue", subnets=subnets, nodeRole=role
    )
    addon = session.call("eks", "CreateAddon", clusterName="by-hand", addonName="vpc-cni")["addon"]
    session.call(
        "autoscaling", "CreateLaunchConfiguration", LaunchConfigurationName="l", ImageId=IMAGE, InstanceType="t3.micro"
    )
    session.call(
        "autoscaling",
        "CreateAutoScalingGroup",
        AutoScalingGroupName="by-hand",
        LaunchConfigurationName="l",
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=subnets[0],
    )
    (scaling,) = session.call("autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=["by-hand"])[
        "AutoScalingGroups"
    ]
    return {
        f"arn:aws:eks:{here}:cluster/by-hand": "aws_eks_cluster",
        group["nodegroup"]["nodegroupArn"]: "aws_eks_node_group",
        addon["addonArn"]: "aws_eks_addon",
        scaling["AutoScalingGroupARN"]: "aws_autoscaling_group",
    }


def _small_things(session: AwsSession, here: str, role: str) -> dict[str, str]:
    key = session.call("kms", "CreateKey")["KeyMetadata"]["Arn"]
    secret = session.call("secretsmanager", "CreateSecret", Name="by-hand", SecretString="x")["ARN"]
    session.call("logs", "CreateLogGroup", logGroupName="/by/hand")
    session.call("ssm", "PutParameter", Name="/by/hand", Value="x", Type="String")
    session.call("sns", "CreateTopic", Name="by-hand")
    session.call("sqs", "CreateQueue", QueueName="by-hand")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "")
    session.call(
        "lambda",
        "CreateFunction",
        FunctionName="by-hand",
        Runtime="python3.12",
        Role=role,
        Handler="main.run",
        Code={"ZipFile": code.getvalue()},
    )
    body = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "by-stack"}}}}'
    stack = session.call("cloudformation", "CreateStack", StackName="by-hand", TemplateBody=body)["StackId"]
    session.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="by-hand", WaiterConfig={"Delay": 1}
    )
    return {
        key: "aws_kms_key",
        secret: "aws_secretsmanager_secret",
        f"arn:aws:logs:{here}:log-group:/by/hand": "aws_cloudwatch_log_group",
        f"arn:aws:ssm:{here}:parameter/by/hand": "aws_ssm_parameter",
        f"arn:aws:sns:{here}:by-hand": "aws_sns_topic",
        f"arn:aws:sqs:{here}:by-hand": "aws_sqs_queue",
        f"arn:aws:lambda:{here}:function:by-hand": "aws_lambda_function",
        stack: "aws_cloudformation_stack",
    }


def _identities(session: AwsSession, role: str) -> dict[str, str]:
    policy = session.call("iam", "CreatePolicy", PolicyName="by-hand", PolicyDocument=POLICY)["Policy"]["Arn"]
    profile = session.call("iam", "CreateInstanceProfile", InstanceProfileName="by-hand", Path=PATH)
    backdoor = session.call("iam", "CreateRole", RoleName="backdoor", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    user = session.call("iam", "CreateUser", UserName="backdoor", Path="/elsewhere/")["User"]["Arn"]
    group = session.call("iam", "CreateGroup", GroupName="backdoor")["Group"]["Arn"]
    issuer = {"Url": "https://issuer.example", "ThumbprintList": ["0" * 40], "ClientIDList": ["anybody"]}
    provider = session.call("iam", "CreateOpenIDConnectProvider", **issuer)["OpenIDConnectProviderArn"]
    return {
        role: "aws_iam_role",
        policy: "aws_iam_policy",
        profile["InstanceProfile"]["Arn"]: "aws_iam_instance_profile",
        backdoor: "aws_iam_role",
        user: "aws_iam_user",
        group: "aws_iam_group",
        provider: "aws_iam_openid_connect_provider",
    }
