# A shop declared with Terraform: CloudFormation creates the resources of Personalize, Terraform the rest.
# docs/terraform.md explains it.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "deployment" {
  description = "The stack of Tastemaker in this account and region."
  type        = string
  default     = "tastemaker-prod"
}

variable "interactions" {
  description = "A CSV file on this machine with USER_ID, ITEM_ID, TIMESTAMP and EVENT_TYPE."
  type        = string
}

data "aws_cloudformation_stack" "tastemaker" {
  name = var.deployment
}

resource "aws_s3_bucket" "data" {
  bucket_prefix = "shop-data-"
}

resource "aws_s3_object" "interactions" {
  bucket      = aws_s3_bucket.data.id
  key         = "interactions.csv"
  source      = var.interactions
  source_hash = filemd5(var.interactions)
}

# The role trusts the functions of the deployment, and its name says that they may assume it.
resource "aws_iam_role" "import" {
  name_prefix = "shop-Personalize-"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [jsondecode(data.aws_cloudformation_stack.tastemaker.outputs["RoleTrust"])]
  })
}

resource "aws_iam_role_policy" "read" {
  role = aws_iam_role.import.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:ListBucket"]
      Resource = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
    }]
  })
}

resource "aws_cloudformation_stack" "shop" {
  name          = "shop"
  template_body = file("${path.module}/shop.yaml")
  on_failure    = "ROLLBACK"

  parameters = {
    Deployment = var.deployment
    Data       = "s3://${aws_s3_object.interactions.bucket}/${aws_s3_object.interactions.key}"
    ImportRole = aws_iam_role.import.arn
  }

  # An import takes as long as its data. CloudFormation waits for an hour at most in one resource.
  timeouts {
    create = "2h"
    update = "2h"
    delete = "1h"
  }

  depends_on = [aws_iam_role_policy.read]
}

output "campaign_arn" {
  value = aws_cloudformation_stack.shop.outputs["CampaignArn"]
}

output "tracking_id" {
  value = aws_cloudformation_stack.shop.outputs["TrackingId"]
}
