"""Amazon's own client, given another address: pip install boto3."""

import os

import boto3

client = boto3.client(
    "comprehend",
    endpoint_url=os.environ.get("NERVE_URL", "http://127.0.0.1:8080"),
    region_name="eu-central-1",  # any
    aws_access_key_id="an api key, where the gateway asks for one",
    aws_secret_access_key="any",
)
answer = client.detect_entities(Text="浙商银行的叶老桂", LanguageCode="zh")
for entity in answer["Entities"]:
    print(entity["BeginOffset"], entity["EndOffset"], entity["Type"], entity["Text"])
