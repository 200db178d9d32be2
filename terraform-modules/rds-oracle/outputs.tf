output "db_control_endpoint" {
  description = "Host and port of Control's database, as a JDBC URL has them; null where Control has none."
  value       = try(aws_db_instance.this["control"].endpoint, null)
}

output "db_control_name" {
  description = "Name of Control's database; null where Control has none."
  value       = try(aws_db_instance.this["control"].db_name, null)
}

output "db_control_master_secret_arn" {
  description = "Secret with user and password of Control's database; null where Control has none."
  value       = try(aws_db_instance.this["control"].master_user_secret[0].secret_arn, null)
}

output "db_design_endpoint" {
  description = "Host and port of Design's database, as a JDBC URL has them; null where Design has none."
  value       = try(aws_db_instance.this["design"].endpoint, null)
}

output "db_design_name" {
  description = "Name of Design's database; null where Design has none."
  value       = try(aws_db_instance.this["design"].db_name, null)
}

output "db_design_master_secret_arn" {
  description = "Secret with user and password of Design's database; null where Design has none."
  value       = try(aws_db_instance.this["design"].master_user_secret[0].secret_arn, null)
}

output "db_work_endpoint" {
  description = "Host and port of Work's database, as a JDBC URL has them; null where Work has none."
  value       = try(aws_db_instance.this["work"].endpoint, null)
}

output "db_work_name" {
  description = "Name of Work's database; null where Work has none."
  value       = try(aws_db_instance.this["work"].db_name, null)
}

output "db_work_master_secret_arn" {
  description = "Secret with user and password of Work's database; null where Work has none."
  value       = try(aws_db_instance.this["work"].master_user_secret[0].secret_arn, null)
}

output "db_engage_endpoint" {
  description = "Host and port of Engage's database, as a JDBC URL has them; null where Engage has none."
  value       = try(aws_db_instance.this["engage"].endpoint, null)
}

output "db_engage_name" {
  description = "Name of Engage's database; null where Engage has none."
  value       = try(aws_db_instance.this["engage"].db_name, null)
}

output "db_engage_master_secret_arn" {
  description = "Secret with user and password of Engage's database; null where Engage has none."
  value       = try(aws_db_instance.this["engage"].master_user_secret[0].secret_arn, null)
}

output "kms_key_arn" {
  description = "Key of the databases and of their secrets: who reads a secret needs kms:Decrypt with it. Null without a database."
  value       = one(aws_kms_key.this[*].arn)
}

output "security_group_id" {
  description = "Security group of the databases; null without one."
  value       = one(aws_security_group.this[*].id)
}
