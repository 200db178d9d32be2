# Without this RDS would change each master password every seven days, unasked, and Flowable could not log in again.
resource "aws_secretsmanager_secret_rotation" "master" {
  for_each = aws_db_instance.this

  secret_id          = each.value.master_user_secret[0].secret_arn
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = var.password_rotation_days
  }
}
