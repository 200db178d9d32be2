output "file_system_id" {
  description = "Id of the file system, which a storage class of the EFS driver names."
  value       = aws_efs_file_system.this.id
}

output "file_system_arn" {
  description = "ARN of the file system."
  value       = aws_efs_file_system.this.arn
}

output "access_point_id" {
  description = "Id of Flowable's access point; a volume handle is <file system>::<access point>."
  value       = aws_efs_access_point.flowable.id
}

output "security_group_id" {
  description = "Security group of the mount targets."
  value       = aws_security_group.mount_targets.id
}

output "backup_vault_name" {
  description = "Vault that holds the daily backups."
  value       = aws_backup_vault.this.name
}
