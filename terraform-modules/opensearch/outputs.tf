output "elk_endpoint" {
  description = "Host of the domain, without scheme and port; empty without a domain. Flowable's URI is https://<host>:443."
  value       = try(aws_opensearch_domain.this[0].endpoint, "")
}

output "domain_arn" {
  description = "ARN of the domain; null without one."
  value       = one(aws_opensearch_domain.this[*].arn)
}

output "security_group_id" {
  description = "Security group of the domain; null without one."
  value       = one(aws_security_group.this[*].id)
}
