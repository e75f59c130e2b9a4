from tastemaker.declaration.conversion import converted

TOKEN = "arn:aws:lambda:us-east-1:000000000000:function:tastemaker-prod-declaring"


def test_types_of_personalize_become_custom_resources_and_everything_else_stays():
    template = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "Group": {"Type": "AWS::Personalize::DatasetGroup", "Properties": {"Name": {"Ref": "Name"}}},
            "Home": {"Type": "Custom::TastemakerCampaign", "DependsOn": "Group"},
            "Data": {"Type": "AWS::S3::Bucket"},
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Group", "DatasetGroupArn"]}}},
    }
    result = converted(template, TOKEN)
    assert result["Resources"] == {
        "Group": {
            "Type": "Custom::TastemakerDatasetGroup",
            "Properties": {"ServiceToken": TOKEN, "Name": {"Ref": "Name"}},
        },
        "Home": {
            "Type": "Custom::TastemakerCampaign",
            "DependsOn": "Group",
            "Properties": {"ServiceToken": TOKEN},
        },
        "Data": {"Type": "AWS::S3::Bucket"},
    }
    assert result["Outputs"] == template["Outputs"] and result["Parameters"] == template["Parameters"]


def test_token_of_a_custom_resource_stays():
    home = {"Type": "Custom::TastemakerCampaign", "Properties": {"ServiceToken": "other"}}
    assert converted({"Resources": {"Home": home}}, TOKEN)["Resources"]["Home"] == home


def test_type_that_does_not_exist_stays_for_cloudformation_to_refuse():
    unknown = {"Resources": {"X": {"Type": "AWS::Personalize::Campaign2"}}}
    assert converted(unknown, TOKEN) == unknown
