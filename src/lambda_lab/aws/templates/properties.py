"""Which properties of each kind are read when a stack is made, and which it may change.

moto passes over what it does not read, and reports ``CREATE_COMPLETE``. A contract test compares
these lists with what moto's classes mention.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CHANGED", "READ"]


def _names(rows: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({kind: frozenset(names.split()) for kind, names in rows.items()})


READ = _names(
    {
        "AWS::ApiGateway::Deployment": "Description RestApiId StageName",
        "AWS::ApiGateway::Method": (
            "ApiKeyRequired AuthorizationType HttpMethod Integration ResourceId RestApiId"
        ),
        "AWS::ApiGateway::Resource": "ParentId PathPart RestApiId",
        "AWS::ApiGateway::RestApi": "Description EndpointConfiguration Name",
        "AWS::AutoScaling::AutoScalingGroup": (
            "AutoScalingGroupName AvailabilityZones Cooldown DesiredCapacity "
            "HealthCheckGracePeriod HealthCheckType LaunchConfigurationName LaunchTemplate "
            "LoadBalancerNames MaxSize MinSize MixedInstancesPolicy "
            "NewInstancesProtectedFromScaleIn Tags TargetGroupARNs TerminationPolicies "
            "VPCZoneIdentifier"
        ),
        "AWS::AutoScaling::LaunchConfiguration": (
            "AssociatePublicIpAddress EbsOptimized IamInstanceProfile ImageId "
            "InstanceMonitoring InstanceType KernelId KeyName LaunchConfigurationName RamdiskId "
            "SecurityGroups SpotPrice UserData"
        ),
        "AWS::AutoScaling::ScheduledAction": (
            "AutoScalingGroupName DesiredCapacity EndTime MaxSize MinSize Recurrence StartTime "
            "TimeZone"
        ),
        "AWS::Batch::ComputeEnvironment": (
            "ComputeEnvironmentName ComputeResources ServiceRole State Type"
        ),
        "AWS::Batch::JobDefinition": (
            "ContainerProperties EksProperties JobDefinitionName NodeProperties Parameters "
            "RetryStrategy Tags"
        ),
        "AWS::Batch::JobQueue": "ComputeEnvironmentOrder JobQueueName Priority State",
        "AWS::CloudFormation::Stack": "Parameters TemplateURL",
        "AWS::CloudWatch::Dashboard": "DashboardBody DashboardName",
        "AWS::DataPipeline::Pipeline": "Activate Name PipelineObjects",
        "AWS::DynamoDB::Table": (
            "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes "
            "KeySchema LocalSecondaryIndexes ProvisionedThroughput SSESpecification "
            "StreamSpecification TableName Tags WarmThroughput"
        ),
        "AWS::EC2::EIP": "Domain InstanceId",
        "AWS::EC2::FlowLog": (
            "DeliverLogsPermissionArn LogDestination LogDestinationType LogFormat LogGroupName "
            "MaxAggregationInterval ResourceId ResourceType Tags TrafficType"
        ),
        "AWS::EC2::Instance": (
            "BlockDeviceMappings IamInstanceProfile ImageId InstanceType KeyName "
            "PrivateIpAddress SecurityGroups SubnetId Tags UserData"
        ),
        "AWS::EC2::LaunchTemplate": (
            "LaunchTemplateData LaunchTemplateName TagSpecifications VersionDescription"
        ),
        "AWS::EC2::NatGateway": "AllocationId SubnetId",
        "AWS::EC2::NetworkInterface": "Description PrivateIpAddress SubnetId",
        "AWS::EC2::Route": (
            "DestinationCidrBlock EgressOnlyInternetGatewayId GatewayId InstanceId NatGatewayId "
            "NetworkInterfaceId RouteTableId TransitGatewayId VpcPeeringConnectionId"
        ),
        "AWS::EC2::RouteTable": "VpcId",
        "AWS::EC2::SecurityGroup": "GroupDescription GroupName SecurityGroupIngress Tags VpcId",
        "AWS::EC2::SecurityGroupIngress": (
            "CidrIp Description FromPort GroupId GroupName IpProtocol SourceSecurityGroupId "
            "SourceSecurityGroupName ToPort"
        ),
        "AWS::EC2::SpotFleet": "SpotFleetRequestConfigData",
        "AWS::EC2::Subnet": "AvailabilityZone CidrBlock Tags VpcId",
        "AWS::EC2::SubnetRouteTableAssociation": "RouteTableId SubnetId",
        "AWS::EC2::TransitGateway": (
            "AmazonSideAsn AutoAcceptSharedAttachments DefaultRouteTableAssociation "
            "DefaultRouteTablePropagation Description DnsSupport MulticastSupport Tags "
            "VpnEcmpSupport"
        ),
        "AWS::EC2::VPC": "CidrBlock InstanceTenancy Tags",
        "AWS::EC2::VPCEndpoint": (
            "PolicyDocument PrivateDnsEnabled RouteTableIds SecurityGroupIds ServiceName "
            "SubnetIds VpcEndpointType VpcId"
        ),
        "AWS::EC2::VPCGatewayAttachment": "InternetGatewayId VpcId VpnGatewayId",
        "AWS::EC2::VPCPeeringConnection": "PeerVpcId VpcId",
        "AWS::EC2::VPNGateway": "AmazonSideAsn Type",
        "AWS::EC2::Volume": "AvailabilityZone Size",
        "AWS::EC2::VolumeAttachment": "Device InstanceId VolumeId",
        "AWS::ECR::Repository": (
            "EncryptionConfiguration ImageScanningConfiguration ImageTagMutability "
            "ImageTagMutabilityExclusionFilters RepositoryName Tags"
        ),
        "AWS::ECS::Cluster": "ClusterName",
        "AWS::ECS::Service": "Cluster DesiredCount ServiceName TaskDefinition",
        "AWS::ECS::TaskDefinition": "ContainerDefinitions Family Memory Volumes",
        "AWS::EFS::AccessPoint": "AccessPointTags FileSystemId PosixUser RootDirectory",
        "AWS::EFS::FileSystem": (
            "AvailabilityZoneName BackupPolicy Encrypted FileSystemTags KmsKeyId "
            "LifecyclePolicies PerformanceMode ProvisionedThroughputInMibps ThroughputMode"
        ),
        "AWS::EFS::MountTarget": "FileSystemId IpAddress SecurityGroups SubnetId",
        "AWS::EMR::Cluster": (
            "CustomAmiId Instances JobFlowRole KerberosAttributes LogUri Name ReleaseLabel "
            "ServiceRole Tags"
        ),
        "AWS::EMR::InstanceGroupConfig": (
            "AutoScalingPolicy BidPrice EbsConfiguration InstanceCount InstanceRole "
            "InstanceType JobFlowId Market Name"
        ),
        "AWS::EMR::SecurityConfiguration": "Name SecurityConfiguration",
        "AWS::ElasticLoadBalancing::LoadBalancer": (
            "AvailabilityZones HealthCheck Instances Listeners LoadBalancerName Policies Scheme"
        ),
        "AWS::ElasticLoadBalancingV2::Listener": (
            "Certificates DefaultActions LoadBalancerArn Port Protocol SslPolicy"
        ),
        "AWS::ElasticLoadBalancingV2::ListenerRule": "Actions Conditions ListenerArn Priority",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name Scheme SecurityGroups Subnets",
        "AWS::ElasticLoadBalancingV2::TargetGroup": (
            "HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol "
            "HealthCheckTimeoutSeconds HealthyThresholdCount Matcher Name Port Protocol "
            "TargetType UnhealthyThresholdCount VpcId"
        ),
        "AWS::Events::Archive": "ArchiveName Description EventPattern RetentionDays SourceArn",
        "AWS::Events::EventBus": "EventSourceName Name",
        "AWS::Events::Rule": (
            "Description EventBusName EventPattern Name RoleArn ScheduleExpression State Tags "
            "Targets"
        ),
        "AWS::IAM::AccessKey": "Status UserName",
        "AWS::IAM::InstanceProfile": "InstanceProfileName Path Roles",
        "AWS::IAM::ManagedPolicy": (
            "Description Groups ManagedPolicyName Path PolicyDocument Roles Tags Users"
        ),
        "AWS::IAM::Policy": "Groups PolicyDocument PolicyName Roles Users",
        "AWS::IAM::Role": (
            "AssumeRolePolicyDocument Description MaxSessionDuration Path PermissionsBoundary "
            "Policies RoleName Tags"
        ),
        "AWS::IAM::User": "Path UserName",
        "AWS::IoT::BillingGroup": "BillingGroupName BillingGroupProperties",
        "AWS::IoT::JobTemplate": (
            "AbortConfig Description Document DocumentSource JobExecutionsRetryConfig "
            "JobExecutionsRolloutConfig JobTemplateId PresignedUrlConfig TimeoutConfig"
        ),
        "AWS::IoT::Policy": "PolicyDocument PolicyName",
        "AWS::IoT::RoleAlias": "CredentialDurationSeconds RoleAlias RoleArn",
        "AWS::IoT::Thing": "AttributePayload ThingName",
        "AWS::IoT::ThingType": "ThingTypeName ThingTypeProperties",
        "AWS::KMS::Alias": "AliasName TargetKeyId",
        "AWS::KMS::Key": "Description EnableKeyRotation Enabled KeyPolicy Tags",
        "AWS::Kinesis::Stream": "Name RetentionPeriodHours ShardCount Tags",
        "AWS::Lambda::Alias": "Description FunctionName FunctionVersion Name RoutingConfig",
        "AWS::Lambda::LayerVersion": (
            "CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo"
        ),
        "AWS::Lambda::Permission": (
            "Action EventSourceToken FunctionName FunctionUrlAuthType InvokedViaFunctionUrl "
            "Principal PrincipalOrgID SourceAccount SourceArn"
        ),
        "AWS::Lambda::Version": "CodeSha256 Description FunctionName",
        "AWS::Logs::LogGroup": "LogGroupName RetentionInDays Tags",
        "AWS::Logs::ResourcePolicy": "PolicyDocument PolicyName",
        "AWS::RDS::DBInstance": (
            "AllocatedStorage AutoMinorVersionUpgrade AvailabilityZone BackupRetentionPeriod "
            "CopyTagsToSnapshot DBInstanceClass DBInstanceIdentifier DBName "
            "DBParameterGroupName DBSecurityGroups DBSubnetGroupName Engine EngineVersion Iops "
            "KmsKeyId MasterUserPassword MasterUsername MultiAZ Port PreferredBackupWindow "
            "PreferredMaintenanceWindow PubliclyAccessible SourceDBInstanceIdentifier "
            "StorageEncrypted StorageType Tags VpcSecurityGroupIds"
        ),
        "AWS::RDS::DBParameterGroup": "Description Family Parameters Tags",
        "AWS::RDS::DBSecurityGroup": "DBSecurityGroupIngress GroupDescription Tags",
        "AWS::RDS::DBSubnetGroup": "DBSubnetGroupDescription DBSubnetGroupName SubnetIds Tags",
        "AWS::Redshift::Cluster": (
            "AllowVersionUpgrade AutomatedSnapshotRetentionPeriod AvailabilityZone "
            "ClusterParameterGroupName ClusterSecurityGroups ClusterSubnetGroupName ClusterType "
            "ClusterVersion DBName Encrypted EnhancedVpcRouting KmsKeyId MasterUserPassword "
            "MasterUsername NodeType NumberOfNodes Port PreferredMaintenanceWindow "
            "PubliclyAccessible VpcSecurityGroupIds"
        ),
        "AWS::Redshift::ClusterParameterGroup": "Description ParameterGroupFamily",
        "AWS::Redshift::ClusterSubnetGroup": "Description SubnetIds",
        "AWS::Route53::HealthCheck": "HealthCheckConfig",
        "AWS::Route53::HostedZone": "Name",
        "AWS::Route53::RecordSet": (
            "AliasTarget Failover GeoLocation HealthCheckId HostedZoneId HostedZoneName "
            "MultiValueAnswer Name Region ResourceRecords SetIdentifier TTL Type Weight"
        ),
        "AWS::Route53::RecordSetGroup": "HostedZoneId HostedZoneName RecordSets",
        "AWS::S3::Bucket": "BucketEncryption BucketName Tags",
        "AWS::SNS::Topic": (
            "ContentBasedDeduplication DisplayName FifoTopic KmsMasterKeyId Subscription TopicName"
        ),
        "AWS::SQS::Queue": (
            "ContentBasedDeduplication DelaySeconds FifoQueue KmsDataKeyReusePeriodSeconds "
            "KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod QueueName "
            "ReceiveMessageWaitTimeSeconds RedrivePolicy Tags VisibilityTimeout"
        ),
        "AWS::SSM::Document": (
            "Attachments Content DocumentFormat DocumentType Name Requires Tags TargetType "
            "VersionName"
        ),
        "AWS::SSM::Parameter": (
            "AllowedPattern DataType Description Name Policies Tags Tier Type Value"
        ),
        "AWS::SageMaker::Endpoint": "EndpointConfigName Tags",
        "AWS::SageMaker::EndpointConfig": (
            "AsyncInferenceConfig DataCaptureConfig KmsKeyId ProductionVariants Tags"
        ),
        "AWS::SageMaker::Model": "Containers ExecutionRoleArn PrimaryContainer Tags VpcConfig",
        "AWS::SageMaker::NotebookInstance": "InstanceType RoleArn",
        "AWS::SageMaker::NotebookInstanceLifecycleConfig": "OnCreate OnStart",
        "AWS::StepFunctions::StateMachine": "DefinitionString RoleArn StateMachineName Tags",
    }
)
"""By kind. A kind that is not here is checked where it is made, as functions and mappings are."""

_ANY = "*"

CHANGED = _names(
    {
        "AWS::AutoScaling::AutoScalingGroup": _ANY,
        "AWS::AutoScaling::LaunchConfiguration": _ANY,
        "AWS::CloudWatch::Dashboard": _ANY,
        "AWS::EC2::LaunchTemplate": "LaunchTemplateData VersionDescription",
        "AWS::ECR::Repository": "ImageScanningConfiguration ImageTagMutability Tags",
        "AWS::ECS::Service": "DesiredCount TaskDefinition",
        "AWS::ECS::TaskDefinition": "ContainerDefinitions Volumes",
        "AWS::ElasticLoadBalancing::LoadBalancer": _ANY,
        "AWS::ElasticLoadBalancingV2::Listener": (
            "Certificates DefaultActions Port Protocol SslPolicy"
        ),
        "AWS::ElasticLoadBalancingV2::ListenerRule": "Actions Conditions",
        "AWS::Events::EventBus": _ANY,
        "AWS::Events::Rule": _ANY,
        "AWS::IAM::AccessKey": "Status",
        "AWS::IAM::Policy": "Groups PolicyDocument Roles Users",
        "AWS::IAM::User": "Path",
        "AWS::IoT::JobTemplate": _ANY,
        "AWS::IoT::Policy": "PolicyDocument",
        "AWS::IoT::RoleAlias": _ANY,
        "AWS::IoT::Thing": "AttributePayload",
        "AWS::IoT::ThingType": _ANY,
        "AWS::KMS::Alias": "TargetKeyId",
        "AWS::Kinesis::Stream": "RetentionPeriodHours ShardCount",
        "AWS::Lambda::Alias": _ANY,
        "AWS::Lambda::EventSourceMapping": _ANY,
        "AWS::Lambda::Function": _ANY,
        "AWS::Lambda::LayerVersion": _ANY,
        "AWS::Lambda::Permission": _ANY,
        "AWS::Lambda::Version": _ANY,
        "AWS::Logs::ResourcePolicy": "PolicyDocument",
        "AWS::Route53::RecordSet": _ANY,
        "AWS::S3::Bucket": "BucketEncryption",
        "AWS::SQS::Queue": "ReceiveMessageWaitTimeSeconds VisibilityTimeout",
        "AWS::SSM::Document": _ANY,
        "AWS::SSM::Parameter": _ANY,
    }
)
"""By kind: what an update of a stack brings to a resource; ``*``: whatever it reads."""
