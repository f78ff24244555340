import math
from dataclasses import dataclass
from typing import Optional, Tuple, Union
import torch
from torch import nn
class PretrainedConfig:
    model_type = ""
    attribute_map = {}
    def __init__(self, **kwargs):
        self.output_attentions = kwargs.pop("output_attentions", False)
        self.use_cache = kwargs.pop("use_cache", True)
        for k, v in kwargs.items():
            setattr(self, k, v)
class Config(PretrainedConfig):
    model_type = "tiny"
    def __init__(self, vocab_size=50, hidden_size=16, num_attention_heads=4, num_hidden_layers=2, intermediate_size=32, hidden_act="gelu", num_labels=3, **kwargs):
        super().__init__(**kwargs)
        self.vocab_size, self.hidden_size = vocab_size, hidden_size
        self.num_attention_heads, self.num_hidden_layers = num_attention_heads, num_hidden_layers
        self.intermediate_size, self.hidden_act, self.num_labels = intermediate_size, hidden_act, num_labels
ACT2FN = {"gelu": nn.GELU(), "relu": nn.ReLU()}
@dataclass
class Output:
    loss: Optional[torch.Tensor] = None
    logits: Optional[torch.Tensor] = None
    past: Optional[Tuple] = None
    def to_tuple(self):
        return tuple(v for v in (self.loss, self.logits, self.past) if v is not None)
class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        if config.hidden_size % config.num_attention_heads != 0 and not hasattr(config, "embedding_size"):
            raise ValueError("bad")
        self.h = config.num_attention_heads
        self.d = int(config.hidden_size / config.num_attention_heads)
        self.all = self.h * self.d
        self.query, self.key, self.value = (nn.Linear(config.hidden_size, self.all) for _ in range(3))
        self.out = nn.Linear(self.all, config.hidden_size)
    def split(self, x: torch.Tensor) -> torch.Tensor:
        new_shape = x.size()[:-1] + (self.h, self.d)
        return x.view(new_shape).permute(0, 2, 1, 3)
    def forward(self, x, mask=None, past=None, use_cache=False, output_attentions=False):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        if past is not None:
            k = torch.cat([past[0], k], dim=2)
            v = torch.cat([past[1], v], dim=2)
        present = (k, v) if use_cache else None
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.d)
        if mask is not None:
            scores = scores + mask
        p = nn.functional.softmax(scores, dim=-1)
        ctx = torch.matmul(p, v).permute(0, 2, 1, 3).contiguous()
        ctx = ctx.view(ctx.size()[:-2] + (self.all,))
        out = (self.out(ctx), present)
        if output_attentions:
            out += (p,)
        return out
class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attn = Attention(config)
        self.ln1, self.ln2 = nn.LayerNorm(config.hidden_size), nn.LayerNorm(config.hidden_size)
        self.fc1, self.fc2 = nn.Linear(config.hidden_size, config.intermediate_size), nn.Linear(config.intermediate_size, config.hidden_size)
        self.act = ACT2FN[config.hidden_act] if isinstance(config.hidden_act, str) else config.hidden_act
    def forward(self, x, mask=None, past=None, use_cache=False):
        attn = self.attn(self.ln1(x), mask, past, use_cache)
        x = x + attn[0]
        x = x + self.fc2(self.act(self.fc1(self.ln2(x))))
        return (x,) + attn[1:]
class Base(nn.Module):
    config_class = Config
    def __init__(self, config, *inputs, **kwargs):
        super().__init__()
        self.config = config
    def post_init(self):
        self.apply(self._init_weights)
    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(mean=0.0, std=0.02)
            if module.bias is not None:
                module.bias.data.zero_()
    @classmethod
    def from_config(cls, config, **kw):
        return cls(config, **kw)
class Model(Base):
    def __init__(self, config):
        super().__init__(config)
        self.wte = nn.Embedding(config.vocab_size, config.hidden_size)
        self.wpe = nn.Embedding(64, config.hidden_size)
        self.h = nn.ModuleList([Layer(config) for _ in range(config.num_hidden_layers)])
        self.ln = nn.LayerNorm(config.hidden_size, eps=getattr(config, "layer_norm_eps", 1e-5))
        self.post_init()
    def forward(self, input_ids=None, attention_mask=None, past_key_values=None, inputs_embeds=None, use_cache=None):
        use_cache = use_cache if use_cache is not None else self.config.use_cache
        if input_ids is not None and inputs_embeds is not None:
            raise ValueError("both")
        elif input_ids is not None:
            input_shape = input_ids.size()
            input_ids = input_ids.view(-1, input_shape[-1])
        elif inputs_embeds is not None:
            input_shape = inputs_embeds.size()[:-1]
        else:
            raise ValueError("none")
        if past_key_values is None:
            past_length = 0
            past_key_values = tuple([None] * len(self.h))
        else:
            past_length = past_key_values[0][0].size(-2)
        pos = torch.arange(past_length, input_shape[-1] + past_length, dtype=torch.long)
        pos = pos.unsqueeze(0).view(-1, input_shape[-1])
        if attention_mask is not None:
            attention_mask = attention_mask.view(input_shape[0], -1)[:, None, None, :]
            attention_mask = (1.0 - attention_mask.to(dtype=self.wte.weight.dtype)) * torch.finfo(torch.float32).min
        if inputs_embeds is None:
            inputs_embeds = self.wte(input_ids)
        x = inputs_embeds + self.wpe(pos)
        output_shape = input_shape + (x.size(-1),)
        presents = () if use_cache else None
        for i, (block, past) in enumerate(zip(self.h, past_key_values)):
            out = block(x, attention_mask, past, use_cache)
            x = out[0]
            if use_cache is True:
                presents = presents + (out[1],)
        return self.ln(x).view(*output_shape), presents
class ForCausal(Base):
    def __init__(self, config):
        super().__init__(config)
        self.transformer = Model(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight
    def forward(self, input_ids=None, labels=None, return_dict=True, **kwargs):
        hidden, past = self.transformer(input_ids, **kwargs)
        logits = self.lm_head(hidden)
        loss = None
        if labels is not None:
            shift_logits = logits[..., :-1, :].contiguous()
            shift_labels = labels[..., 1:].contiguous()
            loss = nn.CrossEntropyLoss()(shift_logits.view(-1, shift_logits.size(-1)), shift_labels.view(-1))
        if not return_dict:
            return ((loss,) if loss is not None else ()) + (logits, past)
        return Output(loss, logits, past)
    @torch.no_grad()
    def generate(self, ids, n=3):
        past = None
        cur = ids
        for _ in range(n):
            out = self(cur, past_key_values=past, use_cache=True)
            past = out.past
            cur = torch.argmax(out.logits[:, -1, :], dim=-1, keepdim=True)
            ids = torch.cat([ids, cur], dim=-1)
        return ids
m = ForCausal.from_config(Config(num_labels=5))
ids = torch.randint(0, 50, (2, 7))
out = m(ids, labels=ids, attention_mask=torch.ones(2, 7))
out.loss.backward()
print(out.logits.shape, m.generate(ids).shape, m(ids, return_dict=False)[0].shape)
